/** A crafted archive, and what must come of it. */
import type { ArchiveErrorCode, ArchiveFormat, Limits } from '../../../lib/archive/index.ts';
import { pax, type TarPiece, tarGz, type ZipPiece, zip } from '../craft.ts';

export interface Crafted {
  readonly claim: string;
  readonly format: ArchiveFormat;
  readonly bytes: Buffer;
  /** The code that it is refused with, or the tree that it is unpacked to: see `treeOf` in ../sandbox.ts. */
  readonly outcome: ArchiveErrorCode | Readonly<Record<string, string>>;
  readonly limits?: Partial<Limits>;
  readonly strip?: number;
}

/** What both formats can say. */
export interface Entry {
  readonly kind: 'file' | 'folder' | 'link' | 'hard';
  readonly name: string;
  /** Content, or where a link leads. */
  readonly holds?: string;
  readonly mode?: number;
}

export const file = (name: string, holds = 'x', mode = 0o644): Entry => ({ kind: 'file', name, holds, mode });
export const folder = (name: string): Entry => ({ kind: 'folder', name });
export const link = (name: string, holds: string): Entry => ({ kind: 'link', name, holds });
export const hard = (name: string, holds: string): Entry => ({ kind: 'hard', name, holds });

const TYPES = { file: '0', folder: '5', link: '2', hard: '1' } as const;

/** An entry in the fields of the first tars. Names of more than 100 bytes do not fit. */
export function ustar({ kind, name, holds = '', mode = 0o755 }: Entry): TarPiece {
  if (kind === 'link' || kind === 'hard') return { name, type: TYPES[kind], linkName: holds, mode };
  return { name, type: TYPES[kind], content: holds, mode };
}

/** The same with everything that can stand in a pax header, in one; the entry itself says harmless things. */
export function inPax(entry: Entry): TarPiece[] {
  const { kind, name, holds = '' } = entry;
  const isLink = kind === 'link' || kind === 'hard';
  return [
    pax({ path: name, ...(isLink && { linkpath: holds }) }),
    ustar({ ...entry, name: 'harmless', ...(isLink && { holds: 'harmless-target' }) }),
  ];
}

/** The same with GNU tar's long names. */
export function inGnu(entry: Entry): TarPiece[] {
  const { kind, name, holds = '' } = entry;
  const isLink = kind === 'link' || kind === 'hard';
  return [
    { name: '././@LongLink', type: 'L', content: `${name}\0` },
    ...(isLink ? [{ name: '././@LongLink', type: 'K', content: `${holds}\0` }] : []),
    ustar({ ...entry, name: 'harmless', ...(isLink && { holds: 'harmless-target' }) }),
  ];
}

const MODES = { file: 0o100000, folder: 0o040000, link: 0o120000, hard: 0o100000 } as const;

export function zipped({ kind, name, holds = '', mode = 0o755 }: Entry): ZipPiece {
  return {
    name: kind === 'folder' && !name.endsWith('/') ? `${name}/` : name,
    content: holds,
    mode: MODES[kind] | mode,
  };
}

export type Way = 'ustar' | 'pax' | 'gnu' | 'zip';

/** The entries in one of the ways in which archives write them. */
export function archiveOf(way: Way, entries: readonly Entry[]): { format: ArchiveFormat; bytes: Buffer } {
  switch (way) {
    case 'ustar':
      return { format: 'tar.gz', bytes: tarGz(...entries.map(ustar)) };
    case 'pax':
      return { format: 'tar.gz', bytes: tarGz(...entries.flatMap(inPax)) };
    case 'gnu':
      return { format: 'tar.gz', bytes: tarGz(...entries.flatMap(inGnu)) };
    case 'zip':
      return { format: 'zip', bytes: zip(...entries.map(zipped)) };
  }
}

/** One tree in all the ways that can write it, each an archive of its own. */
export function everyWay(
  claim: string,
  entries: readonly Entry[],
  outcome: Crafted['outcome'],
  more: { ways?: readonly Way[]; limits?: Partial<Limits>; strip?: number } = {},
): Crafted[] {
  const { ways = ['ustar', 'pax', 'gnu', 'zip'], ...rest } = more;
  const possible = entries.some(({ kind }) => kind === 'hard') ? ways.filter((way) => way !== 'zip') : ways;
  return possible.map((way) => ({
    claim: `${claim} (${way})`,
    ...archiveOf(way, entries),
    outcome,
    ...rest,
  }));
}
