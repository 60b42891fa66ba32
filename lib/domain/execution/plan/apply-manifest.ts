/** The environments of a manifest, as a build of the default branch brings them. */

import { all, put } from '../../environment/index.ts';
import { environments } from '../../environment/record.ts';
import type { Environment } from '../../environment/schema.ts';
import { inOrderOf, inputOf, type ManifestEnvironment } from '../../manifest/environment.ts';
import type { Ports } from '../../ports/index.ts';
import type { Project } from '../../project/schema.ts';
import { Keys } from '../../storage/keys.ts';

interface Origin {
  /** Builds are in order of time: what a newer one has set stays. */
  readonly build: string;
  readonly commit?: string | undefined;
}

/**
 * Sets those that the manifest owns or that do not exist. What the API owns stays as it is; what the manifest names no
 * more becomes the API's.
 * @param failed called with the name of an environment that cannot be set: it throws
 */
export async function applyManifest(
  ports: Pick<Ports, 'table' | 'clock' | 'runtimes' | 'runsProcesses'>,
  project: Project,
  wanted: Readonly<Record<string, ManifestEnvironment>>,
  { build, commit }: Origin,
  failed: (name: string, error: unknown) => never,
): Promise<void> {
  const existing = new Map((await all(ports, project)).map((one) => [one.name, one]));
  for (const name of inOrderOf(wanted)) {
    const written = wanted[name];
    const before = existing.get(name);
    if (written === undefined || (before !== undefined && !isSetBy(before, build))) continue;
    const owner = { kind: 'manifest', build, ...(commit !== undefined && { commit }) } as const;
    const claim = { owner, mayReplace: (stored: Environment) => isSetBy(stored, build) };
    await put(ports, project, name, inputOf(written), undefined, claim).catch((error: unknown) =>
      failed(name, error),
    );
  }
  const dropped = [...existing.values()].filter(
    (one) => !Object.hasOwn(wanted, one.name) && isSetBy(one, build),
  );
  for (const { name } of dropped)
    await environments.update(ports.table, Keys.environment(project.id, name), (one) =>
      isSetBy(one, build) ? { ...one, owner: { kind: 'api' } } : undefined,
    );
}

const isSetBy = ({ owner }: Environment, build: string): boolean =>
  owner.kind === 'manifest' && (owner.build ?? '') <= build;
