/** Manifests that lie in the table as their canonical text, read again. */
import * as z from 'zod';
import { StaitheError } from '../error.ts';
import { check } from '../validation/findings.ts';
import type { ReadManifest } from './index.ts';
import { Manifest, withoutIgnored } from './schema.ts';

/**
 * The hash is the one of the key: what named it goes on finding it, whatever later versions take for canonical.
 * @throws StaitheError manifest_invalid when this version refuses what an earlier one has taken
 */
export function readStored(
  kept: { readonly canonical: string; readonly manifest_hash: string } | undefined,
): ReadManifest | undefined {
  if (kept === undefined) return undefined;
  const canonical = z.record(z.string(), z.unknown()).parse(JSON.parse(kept.canonical));
  const read = check(Manifest, withoutIgnored(canonical), { syntax: 'yaml' });
  if ('value' in read) return { manifest: read.value, hash: kept.manifest_hash };
  const [finding] = read.findings;
  throw new StaitheError(
    'manifest_invalid',
    `The manifest ${kept.manifest_hash} is not valid in this version: ${finding?.path.join('.')}: ${finding?.reason}.`,
    {
      remedy:
        'Correct staithe.yaml, and upload the source or sync the manifest again: staithe manifest sync.',
    },
  );
}
