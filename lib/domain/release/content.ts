/** What a release holds, as one hash: releases of the same content deploy the same. */
import { canonicalJson, sha256Of } from '../canonical.ts';
import { cellName } from '../matrix.ts';
import { hexOf } from '../values.ts';
import type { ReleaseArtifact } from './schema.ts';

type Held = Pick<ReleaseArtifact, 'service' | 'matrix' | 'name' | 'kind' | 'digest'>;

/** Of files the name counts, by which a deployment chooses among several; an image has the name of its repository. */
const textOf = ({ service, matrix = {}, name, kind, digest }: Held): string =>
  canonicalJson([cellName(service, matrix), kind, kind === 'file' ? name : '', digest]);

/** 64 hex digits, whatever the order of the artifacts. */
export const contentHash = (artifacts: readonly Held[]): string =>
  hexOf(sha256Of([...new Set(artifacts.map(textOf))].sort().join('\n')));
