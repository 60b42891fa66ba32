/** Roles of users in projects and environments. */
import type { Actor } from '../access/actor.ts';
import type { Grant } from '../access/grant.ts';
import { environments } from '../environment/record.ts';
import { StaitheError } from '../error.ts';
import type { Ports } from '../ports/index.ts';
import type { Table } from '../ports/table.ts';
import { byIds } from '../project/find.ts';
import * as Project from '../project/index.ts';
import { Keys } from '../storage/keys.ts';
import { changeUser, find } from './index.ts';
import type { CreateGrant, User } from './schema.ts';

/** 100: their projects are found with one batch read (docs: DynamoDB, BatchGetItem). */
const MAX_GRANTS = 100;

/**
 * What a request names, as it is kept. The project and the environment must exist, as a mistyped one would grant nothing.
 * @throws StaitheError not_found | role_too_low
 */
export async function resolveGrant(
  { table }: Pick<Ports, 'table'>,
  actor: Actor,
  { project: ref, environment, role }: CreateGrant,
): Promise<Grant> {
  const { id, slug } = await Project.resolve({ table }, actor, ref);
  if (
    environment !== undefined &&
    (await environments.get(table, Keys.environment(id, environment))) === undefined
  )
    throw new StaitheError('not_found', `Project '${slug}' has no environment '${environment}'.`, {
      remedy: `List its environments: staithe environment list --project ${slug}.`,
    });
  return { project_id: id, project: slug, environment, role };
}

type GrantScope = Pick<Grant, 'project_id' | 'environment'>;

const isSame = (one: GrantScope, other: GrantScope): boolean =>
  one.project_id === other.project_id && one.environment === other.environment;

/**
 * Grants a role in a project or an environment, in place of the one that the user has there.
 * @throws StaitheError not_found | too_many_grants | busy
 */
export async function grant(
  ports: Pick<Ports, 'table' | 'clock'>,
  actor: Actor,
  ref: string,
  input: CreateGrant,
): Promise<User> {
  const next = await resolveGrant(ports, actor, input);
  const live = await projectsOf(ports.table, ref);
  return changeUser(ports, ref, (user) => {
    const others = user.grants.filter((each) => live.has(each.project_id) && !isSame(each, next));
    if (others.length >= MAX_GRANTS)
      throw new StaitheError(
        'too_many_grants',
        `User '${user.name}' has ${others.length} grants, the maximum.`,
      );
    return { ...user, grants: [...others, next] };
  });
}

/** The projects of a user's grants that still exist: grants in others are void, and removed with the next change. */
async function projectsOf(table: Table, ref: string): Promise<ReadonlySet<string>> {
  const { value } = await find(table, ref);
  const ids = [...new Set(value.grants.map(({ project_id: id }) => id))];
  return new Set((await byIds(table, ids)).map(({ id }) => id));
}

/**
 * Removes the role that a user has in a project or in an environment; another role there stays, such as that in the
 * project when the one in an environment is removed.
 * @throws StaitheError not_found | busy
 */
export async function revokeGrant(
  ports: Pick<Ports, 'table' | 'clock'>,
  actor: Actor,
  ref: string,
  { project, environment }: { project: string; environment?: string | undefined },
): Promise<User> {
  const { id, slug } = await Project.resolve(ports, actor, project);
  const revoked = { project_id: id, environment };
  return changeUser(ports, ref, (user) => {
    const grants = user.grants.filter((each) => !isSame(each, revoked));
    if (grants.length < user.grants.length) return { ...user, grants };
    const scope =
      environment === undefined ? `project '${slug}'` : `environment '${environment}' of '${slug}'`;
    throw new StaitheError('not_found', `User '${user.name}' has no grant in ${scope}.`, {
      remedy: `List the grants of the user: staithe user show ${user.name}.`,
    });
  });
}
