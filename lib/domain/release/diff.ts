/** Two releases, compared: commits, artifacts by digest, and the manifests that they were built with. */
import { isDeepStrictEqual } from 'node:util';
import type { Actor } from '../access/actor.ts';
import { isObject } from '../canonical.ts';
import { storedForm } from '../manifest/stored-form.ts';
import { cellName } from '../matrix.ts';
import type { Ports } from '../ports/index.ts';
import type { Project } from '../project/schema.ts';
import { type ManifestChange, ReleaseDiff } from './diff-schema.ts';
import { resolve } from './resolve.ts';
import type { Release, ReleaseArtifact } from './schema.ts';

/**
 * @param refs both as `resolve` takes them
 * @param gitHost the address of the git host's API
 * @throws StaitheError not_found
 */
export async function diff(
  ports: Pick<Ports, 'table'>,
  actor: Actor,
  project: Project,
  refs: { readonly from: string; readonly to: string },
  gitHost: string,
): Promise<ReleaseDiff> {
  const [from, to] = await Promise.all([
    resolve(ports, actor, project, refs.from),
    resolve(ports, actor, project, refs.to),
  ]);
  return ReleaseDiff.parse({
    from,
    to,
    commits: commitsOf(from, to, project.repository, gitHost),
    artifacts: artifactsOf(from, to),
    manifest: await manifestOf(ports, from, to),
  });
}

function commitsOf(
  from: Release,
  to: Release,
  repository: string | undefined,
  gitHost: string,
): ReleaseDiff['commits'] {
  if (from.git_sha === undefined || to.git_sha === undefined) return { is_same: null };
  if (from.git_sha === to.git_sha) return { is_same: true };
  if (repository === undefined) return { is_same: false };
  const url = `${webAddress(gitHost)}/${repository}/compare/${from.git_sha}...${to.git_sha}`;
  return { is_same: false, url };
}

/** `https://api.github.com` → `https://github.com`; GitHub Enterprise Server has its API below `/api/v3` of the same host. */
function webAddress(gitHost: string): string {
  const { protocol, host } = new URL(gitHost);
  return `${protocol}//${host.replace(/^api\./, '')}`;
}

const identityOf = ({ service, matrix = {}, name }: ReleaseArtifact): string =>
  JSON.stringify([cellName(service, matrix), name]);

function artifactsOf(from: Release, to: Release): ReleaseDiff['artifacts'] {
  const before = new Map(from.artifacts.map((artifact) => [identityOf(artifact), artifact]));
  const after = new Set(to.artifacts.map(identityOf));
  const result: ReleaseDiff['artifacts'] = {
    added: [],
    removed: from.artifacts.filter((artifact) => !after.has(identityOf(artifact))),
    changed: [],
    unchanged: [],
  };
  for (const artifact of to.artifacts) {
    const earlier = before.get(identityOf(artifact));
    const { service, matrix, name, ...content } = artifact;
    if (earlier === undefined) result.added.push(artifact);
    else if (earlier.digest === artifact.digest) result.unchanged.push(artifact);
    else result.changed.push({ service, matrix, name, from: earlier, to: content });
  }
  return result;
}

async function manifestOf(
  { table }: Pick<Ports, 'table'>,
  from: Release,
  to: Release,
): Promise<ReleaseDiff['manifest']> {
  const [before, after] = [from.manifest_hash, to.manifest_hash];
  if (before === undefined || after === undefined) return { is_same: null, changes: null };
  if (before === after) return { is_same: true, changes: [] };
  const [first, second] = await Promise.all(
    [before, after].map((hash) => storedForm(table, from.project_id, hash)),
  );
  return {
    is_same: false,
    changes: first === undefined || second === undefined ? null : changesOf(first, second),
  };
}

function changesOf(from: unknown, to: unknown, path: readonly string[] = []): ManifestChange[] {
  if (isDeepStrictEqual(from, to)) return [];
  if (from === undefined) return [{ path: [...path], change: 'added', to }];
  if (to === undefined) return [{ path: [...path], change: 'removed', from }];
  if (!isObject(from) || !isObject(to)) return [{ path: [...path], change: 'changed', from, to }];
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort();
  return names.flatMap((name) => changesOf(from[name], to[name], [...path, name]));
}
