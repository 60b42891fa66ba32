/** What an action was about, read from its result: names, ids and digests. Of everything else, nothing is kept. */
import * as z from 'zod';
import { Grant } from '../access/grant.ts';
import { ID_PREFIXES, type IdKind } from '../id.ts';
import { cut } from '../text.ts';
import { Digest } from '../values.ts';
import { type AuditEntry, MAX_DIGESTS } from './schema.ts';

/** Members of a result that name it for people. */
const NAMES = ['slug', 'name', 'version', 'tag', 'environment', 'service', 'role'] as const;
/** Members of a body that say what is asked for. No other is kept: it may be a secret, or of any size. */
const ASKED = [...NAMES, 'project', 'user', 'release', 'status', 'override_freeze'] as const;
/** Members that are digests: of artifacts, and of all that a deployment consists of, for which approvals are given. */
const DIGESTS = /digest$|^subject$/;
/** Longer than any name of the contract; what is refused may have any length. */
const MAX_NAME = 200;

const KINDS = new Map<string, string>(Object.entries(ID_PREFIXES).map(([kind, prefix]) => [prefix, kind]));
const ID = /^([a-z]{3})_[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

const kindOf = (id: unknown): IdKind | undefined =>
  typeof id === 'string' ? (KINDS.get(ID.exec(id)?.[1] ?? '') as IdKind | undefined) : undefined;

export type Subject = Pick<AuditEntry, 'project_id' | 'subject' | 'digests' | 'digests_omitted'>;

/**
 * @param result of a request, or an item that changed
 * @param named beside it: the parameters of a path and a query
 * @param body of the request
 */
export function subjectOf(
  result: unknown,
  named: Readonly<Record<string, unknown>> = {},
  body?: unknown,
): Subject {
  const members: Readonly<Record<string, unknown>> = { ...Object(result) };
  const { role, ...asked } = askedOf(body);
  const subject: Record<string, string> = {
    ...asked,
    ...namesOf(members),
    ...(role !== undefined && { role }),
  };
  for (const [name, value] of Object.entries(members)) {
    const kind = kindOf(value);
    if (kind !== undefined && (name === 'id' || name === `${kind}_id`)) subject[kind] = String(value);
  }
  const projectId = [members.id, members.project_id].find((id) => kindOf(id) === 'project');
  Object.assign(subject, textsOf(named, Object.keys(named)));
  const digests = [...digestsIn(result)];
  return {
    ...(projectId !== undefined && { project_id: String(projectId) }),
    subject,
    digests: digests.slice(0, MAX_DIGESTS),
    ...(digests.length > MAX_DIGESTS && { digests_omitted: digests.length - MAX_DIGESTS }),
  };
}

/** What a body asks for; `none` where it takes something away. */
function askedOf(body: unknown): Record<string, string> {
  const members: Readonly<Record<string, unknown>> = { ...Object(body) };
  const removed = ASKED.filter((name) => members[name] === null);
  return { ...textsOf(members, ASKED), ...Object.fromEntries(removed.map((name) => [name, 'none'])) };
}

/** The role and the grants of a user are all that they have, and not what a request was about; a token's are what it is. */
function namesOf(members: Readonly<Record<string, unknown>>): Record<string, string> {
  const { role, ...names } = textsOf(members, NAMES);
  if (kindOf(members.id) === 'user') return names;
  const grants = z.array(Grant).safeParse(members.grants).data ?? [];
  return {
    ...names,
    ...(role !== undefined && { role }),
    ...(grants.length > 0 && { grants: grants.map(grantText).join(', ') }),
  };
}

/** `shop/test=deployer`: in an environment. A token has few of them. */
const grantText = ({ project, environment, role }: Grant): string =>
  `${environment === undefined ? project : `${project}/${environment}`}=${role}`;

function textsOf(
  members: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const name of names) {
    const value = members[name];
    if (typeof value === 'string' && value !== '') texts[name] = cut(value, MAX_NAME);
  }
  return texts;
}

/** Results nest artifacts in a list, and what they are of in an object. */
const MAX_DEPTH = 4;

function digestsIn(value: unknown, depth = 0, found = new Set<string>()): Set<string> {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return found;
  for (const [name, member] of Object.entries(value))
    if (typeof member !== 'string') digestsIn(member, depth + 1, found);
    else if (DIGESTS.test(name) && Digest.safeParse(member).success) found.add(member);
  return found;
}
