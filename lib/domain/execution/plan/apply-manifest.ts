/** The environments of a manifest, as a build of the default branch brings them. */
import { recording } from '../../audit/record.ts';
import { all, type ManifestClaim, put } from '../../environment/index.ts';
import { environments } from '../../environment/record.ts';
import type { Environment, PutEnvironment } from '../../environment/schema.ts';
import { assertSettable } from '../../environment/settable.ts';
import { changesBetween } from '../../environment/setting.ts';
import { derivedId } from '../../id.ts';
import { inOrderOf, inputOf, type ManifestEnvironment } from '../../manifest/environment.ts';
import type { Ports } from '../../ports/index.ts';
import { type Check, ConditionFailed, type Write } from '../../ports/table.ts';
import type { Project } from '../../project/schema.ts';
import { Keys } from '../../storage/keys.ts';
import type { Build } from '../model/build.ts';
import { hasAny, takeTurn } from './newest-manifest.ts';

type ApplyPorts = Pick<Ports, 'table' | 'clock' | 'runtimes' | 'runsProcesses'>;

/**
 * Sets those that the manifest owns or that do not exist. What the API owns stays as it is; what the manifest names no
 * more becomes the API's. Once a newer build has set environments, it sets none any more.
 * @param failed called with the name of an environment that cannot be set: it throws
 */
export async function applyManifest(
  ports: ApplyPorts,
  project: Project,
  wanted: Readonly<Record<string, ManifestEnvironment>>,
  build: Build,
  failed: (name: string, error: unknown) => never,
): Promise<void> {
  const existing = await all(ports, project);
  const isOfNone = Object.keys(wanted).length === 0 && !existing.some(isOfManifest);
  if (isOfNone && !(await hasAny(ports, project.id))) return;
  const guard = await takeTurn(ports, build);
  if (guard === undefined) return;
  const along = (before: Environment | undefined, next: Environment) => entriesOf(ports, build, before, next);
  try {
    const { id, git_sha: commit } = build;
    const owner = { kind: 'manifest', build: id, ...(commit !== undefined && { commit }) } as const;
    const ordered = settingsOf(wanted, existing);
    const names = { existing: namesOf(existing), together: namesOf(ordered) };
    for (const one of ordered)
      await assertSettable(ports, project, one, names).catch((error: unknown) => failed(one.name, error));
    for (const { name, input } of ordered)
      await put(ports, project, name, input, undefined, { owner, guard, along }).catch((error: unknown) =>
        error instanceof ConditionFailed ? Promise.reject(error) : failed(name, error),
      );
    for (const { name } of existing.filter((one) => !Object.hasOwn(wanted, one.name) && isOfManifest(one)))
      await leaveToApi(ports, Keys.environment(project.id, name), { guard, along });
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
    // A newer build has its turn.
  }
}

/** Of those that are the manifest's to set, each after those that it comes after. */
function settingsOf(
  wanted: Readonly<Record<string, ManifestEnvironment>>,
  existing: readonly Environment[],
): readonly { readonly name: string; readonly input: PutEnvironment }[] {
  const taken = namesOf(existing.filter((one) => !isOfManifest(one)));
  return inOrderOf(wanted).flatMap((name) => {
    const written = wanted[name];
    return written === undefined || taken.has(name) ? [] : [{ name, input: inputOf(written) }];
  });
}

const namesOf = (all: readonly { readonly name: string }[]): ReadonlySet<string> =>
  new Set(all.map(({ name }) => name));

const isOfManifest = ({ owner }: Environment): boolean => owner.kind === 'manifest';

/** @throws ConditionFailed when a newer build has its turn */
async function leaveToApi(
  { table }: ApplyPorts,
  key: ReturnType<typeof Keys.environment>,
  { guard, along }: Pick<ManifestClaim, 'along'> & { readonly guard: Check },
): Promise<void> {
  for (;;) {
    const stored = await environments.get(table, key);
    if (stored === undefined || !isOfManifest(stored.value)) return;
    const next: Environment = { ...stored.value, owner: { kind: 'api' } };
    try {
      await table.transact([guard, environments.change(stored, next), ...along(stored.value, next)]);
      return;
    } catch (error) {
      if (!(error instanceof ConditionFailed) || error.index === 0) throw error;
    }
  }
}

/** The audit log's entry of a change, as no request has made it; a build changes an environment once. */
function entriesOf(
  { clock }: Pick<Ports, 'clock'>,
  build: Build,
  before: Environment | undefined,
  next: Environment,
): Write[] {
  if (before !== undefined && !changesBetween(before, next)) return [];
  const { id, project_id: projectId, git_sha: commit, created_by: creator } = build;
  return [
    recording(projectId, {
      id: derivedId('entry', id, 'environment', next.name),
      at: clock.now().toISOString(),
      action: 'Environment Set',
      actor: { kind: 'system', name: 'staithe' },
      project_id: projectId,
      subject: {
        environment: next.name,
        owner: next.owner.kind,
        build: id,
        ...(commit !== undefined && { commit }),
      },
      digests: [],
      on_behalf_of: creator,
    }),
  ];
}
