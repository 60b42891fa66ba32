/**
 * How sites lie in their bucket. A version has a folder of its own that is never written again; what is immutable is shared
 * by all versions, so that a page of one still finds its assets when another is live.
 */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { TargetRelease } from '../../domain/ports/targets.ts';
import type { StaticTarget } from '../../domain/target/static.ts';

export type SiteRelease = TargetRelease<StaticTarget>;

/** Below it is all of a site. The project is part of it: what one has left behind, the next owner of the name does not inherit. */
export const rootOf = ({ projectId, target }: Pick<SiteRelease, 'projectId' | 'target'>): string =>
  `${projectId}/${target.site}`;

/** The name of a release's version: by all that its files and the way to them follow from. */
export function versionOf({ target, variables, artifact }: SiteRelease): string {
  const { index, spa, immutable, variables_file: variablesFile } = target;
  const written = variablesFile === undefined ? [] : [variablesFile, Object.entries(variables).sort()];
  const content = JSON.stringify([artifact.digest, index, spa, immutable, written]);
  return createHash('sha256').update(content).digest('hex').slice(0, 32);
}

export const SiteKeys = {
  /** Written last: says that a version is complete. */
  marker: (root: string, version: string) => `${root}/markers/${version}.json`,
  markers: (root: string) => `${root}/markers/`,
  versions: (root: string) => `${root}/versions/`,
  version: (root: string, version: string) => `${root}/versions/${version}/`,
  immutable: (root: string) => `${root}/immutable/`,
} as const;

/** What the function at the edge knows of a version (lib/infrastructure/site-function.js); at most 1 KB. */
const LiveVersion = z.object({
  root: z.string(),
  version: z.string(),
  index: z.string(),
  spa: z.boolean(),
  immutable: z.array(z.string()),
});
export type LiveVersion = z.infer<typeof LiveVersion>;

export const Marker = z.object({
  digest: z.string(),
  live: LiveVersion,
  /** The shared files that the version needs. */
  immutable_files: z.array(z.string()),
});
export type Marker = z.infer<typeof Marker>;

export const readLiveVersion = (written: string): LiveVersion => LiveVersion.parse(JSON.parse(written));
