import { ArchiveError, quoted } from './error.ts';

const MIB = 1024 * 1024;

export interface Limits {
  /** Entries of any kind. */
  readonly entries: number;
  /** Bytes of all files together, unpacked. */
  readonly totalBytes: number;
  /** Bytes of one file, unpacked. */
  readonly fileBytes: number;
  /** Unpacked bytes for each packed byte, counted once `ratioFloorBytes` are unpacked. */
  readonly ratio: number;
  readonly ratioFloorBytes: number;
  /** UTF-8 bytes of a whole path. */
  readonly pathBytes: number;
  /** Path components. */
  readonly depth: number;
}

export const DEFAULT_LIMITS: Limits = {
  // A Linux kernel tree has 90,000 files; a larger archive costs minutes in inodes alone.
  entries: 100_000,
  // 20 times the largest source (100 MiB), well below the smallest CodeBuild disk (64 GB).
  totalBytes: 2048 * MIB,
  fileBytes: 1024 * MIB,
  // Text packs 3:1 to 20:1; deflate's bound is 1032:1. The floor leaves small archives of zeros alone.
  ratio: 200,
  ratioFloorBytes: 10 * MIB,
  // A quarter of Linux's PATH_MAX (4096), so that the tree fits below a folder of its own.
  pathBytes: 1024,
  depth: 64,
};

/** 255 bytes: NAME_MAX of ext4, APFS and NTFS alike. */
export const NAME_BYTES = 255;

const inMiB = (bytes: number): string => `${Math.floor(bytes / MIB)} MiB`;

/** Counts what an archive has used up and refuses what goes beyond its limits. */
export class Budget {
  readonly limits: Limits;
  /** Packed bytes read so far; the whole file's size where that is known. */
  packedBytes = 0;
  entries = 0;
  bytes = 0;

  constructor(limits: Partial<Limits> = {}) {
    this.limits = { ...DEFAULT_LIMITS, ...limits };
  }

  countEntry(): void {
    this.entries += 1;
    if (this.entries > this.limits.entries)
      throw new ArchiveError(
        'too_many_entries',
        `The archive has more than ${this.limits.entries} entries. Leave out what the build does not need.`,
      );
  }

  /** @param fileBytes bytes of this file so far, or its declared size @throws ArchiveError */
  checkFile(name: string, fileBytes: number): void {
    if (fileBytes > this.limits.fileBytes)
      throw new ArchiveError(
        'too_large',
        `${quoted(name)} has more than ${inMiB(this.limits.fileBytes)} unpacked.`,
        name,
      );
  }

  /** Counts unpacked bytes before they are written. @throws ArchiveError */
  countBytes(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes > this.limits.totalBytes)
      throw new ArchiveError(
        'too_large',
        `The archive has more than ${inMiB(this.limits.totalBytes)} unpacked.`,
      );
    if (this.bytes > this.limits.ratioFloorBytes && this.bytes > this.limits.ratio * this.packedBytes)
      throw new ArchiveError(
        'ratio',
        `The archive unpacks to more than ${this.limits.ratio} times its size, as decompression bombs do.`,
      );
  }
}
