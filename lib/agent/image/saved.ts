/** What a tool has saved of an image, packed so that the same image is the same bytes. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packFiles } from '../../archive/pack-files.ts';
import type { Written } from '../../archive/reproducible.ts';
import { ifThere } from '../../archive/select.ts';
import { unpack } from '../../archive/unpack.ts';

/** The tool that wrote it is the machine's own; what an artifact may have is checked once it is packed. */
const LIMITS = { totalBytes: 64 * 1024 ** 3, fileBytes: 64 * 1024 ** 3 } as const;

/** Where an archive says what its images are called: OCI's and Docker's files (image-spec, "Image Layout"; moby, image/spec). */
const NAMING = ['index.json', 'manifest.json', 'repositories'] as const;

/**
 * Tools date the archive's entries by the clock, and it names the image as this machine did.
 * @param saved is removed @param tag of the image: the job's own, and what to call it for whoever loads it
 */
export async function packSavedImage(
  saved: string,
  out: string,
  tag: { readonly from: string; readonly to: string },
): Promise<Written> {
  const folder = `${saved}-unpacked`;
  await unpack(saved, { format: 'tar', into: folder, limits: LIMITS });
  await rm(saved);
  for (const name of NAMING) {
    const path = join(folder, name);
    const text = await ifThere(readFile(path, 'utf8'));
    if (text !== undefined) await writeFile(path, text.replaceAll(tag.from, tag.to));
  }
  const packed = await packFiles({ base: folder, paths: ['**'], format: 'tar', out });
  await rm(folder, { recursive: true });
  if (packed.kind !== 'packed') throw new Error(`${saved} is an empty archive.`);
  return packed;
}
