/**
 * Whose target a function, a site or a process is. Two environments that deploy to one would overwrite each other's code
 * and configuration, as a function has one of each until a version is published.
 */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Actor } from '../access/actor.ts';
import { canAccess } from '../access/authorize.ts';
import { StaitheError } from '../error.ts';
import { Id } from '../id.ts';
import type { Item, Key, Table, Write } from '../ports/table.ts';
import type { Project } from '../project/schema.ts';
import { Keys } from '../storage/keys.ts';
import { nameOf, type Target, titleOf } from '../target/index.ts';

const TargetClaim = z.object({
  /** The name of the target. */
  function_name: z.string(),
  project_id: Id.project,
  project_slug: z.string(),
  environment: z.string(),
});
type TargetClaim = z.infer<typeof TargetClaim>;

type EnvironmentRef = Pick<TargetClaim, 'project_id' | 'environment'>;

/** A function's name has no colon; that of another kind has one here. Commands may go to one place from many environments. */
function keyOf(target: Target): Key | undefined {
  const name = nameOf(target);
  if (name === undefined) return undefined;
  return Keys.targetFunction(target.kind === 'lambda' ? name : `${target.kind}:${name}`);
}

/** @returns undefined when it is no environment's target */
async function holderOf(table: Table, key: Key): Promise<(TargetClaim & Revision) | undefined> {
  const item = await table.get(key);
  return item && { ...TargetClaim.parse(item), revision: item.revision };
}

type Revision = Pick<Item, 'revision'>;

/**
 * A claim is never changed, only removed and made anew, so a revision that counts would be that of any owner. This one,
 * of 48 bits, is the owner's: who removes the claim that was read, never removes another's.
 */
function revisionOf({ project_id: projectId, environment }: EnvironmentRef): number {
  return createHash('sha256').update(`${projectId}/${environment}`).digest().readUIntBE(0, 6);
}

const isHeldBy = (owner: EnvironmentRef, claim: TargetClaim | undefined): boolean =>
  claim?.project_id === owner.project_id && claim.environment === owner.environment;

/**
 * The writes that make it the environment's target; none when it is already.
 * @param actor who is told of other projects only if they may see them
 * @throws StaitheError function_taken
 */
export async function claimTarget(
  table: Table,
  target: Target,
  { project, environment }: { project: Project; environment: string },
  actor: Actor | undefined,
): Promise<Write[]> {
  const [name, key] = [nameOf(target), keyOf(target)];
  if (name === undefined || key === undefined) return [];
  const holder = await holderOf(table, key);
  if (isHeldBy({ project_id: project.id, environment }, holder)) return [];
  if (holder !== undefined) throw targetTaken(target, holder, project, actor);
  const value: TargetClaim = {
    function_name: name,
    project_id: project.id,
    project_slug: project.slug,
    environment,
  };
  const put = { ...value, ...key, entity: 'target_function', revision: revisionOf(value) };
  return [{ put, when: { absent: true } }];
}

/**
 * @param leaving the project's environments that may have another target by then
 * @throws StaitheError function_taken
 */
export async function assertFree(
  table: Table,
  target: Target,
  { project, environment }: { project: Project; environment: string },
  leaving: ReadonlySet<string>,
): Promise<void> {
  const key = keyOf(target);
  const holder = key === undefined ? undefined : await holderOf(table, key);
  if (holder === undefined || isHeldBy({ project_id: project.id, environment }, holder)) return;
  if (holder.project_id === project.id && leaving.has(holder.environment)) return;
  throw targetTaken(target, holder, project, undefined);
}

/** The writes that release the target, if this environment still holds it; none otherwise. */
export async function releaseTarget(table: Table, target: Target, owner: EnvironmentRef): Promise<Write[]> {
  const key = keyOf(target);
  if (key === undefined) return [];
  const holder = await holderOf(table, key);
  if (holder === undefined || !isHeldBy(owner, holder)) return [];
  return [{ remove: key, when: { revision: holder.revision } }];
}

function targetTaken(
  target: Target,
  holder: TargetClaim,
  project: Project,
  actor: Actor | undefined,
): StaitheError {
  const { environment, project_id: projectId, project_slug: slug } = holder;
  const isOther = projectId !== project.id;
  const isVisible = actor !== undefined && canAccess(actor, projectId);
  const where = !isOther
    ? `environment '${environment}'`
    : isVisible
      ? `environment '${environment}' of project '${slug}'`
      : 'an environment of another project';
  const title = titleOf(target);
  const begun = `${title.charAt(0).toUpperCase()}${title.slice(1)}`;
  return new StaitheError('function_taken', `${begun} is the target of ${where}.`);
}
