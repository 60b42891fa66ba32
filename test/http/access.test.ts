/** Every route of the table with every kind of caller. */
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { GROUPS, type Group, type RouteSpec } from '../../lib/contract/route.ts';
import type { OperationId } from '../../lib/contract/routes.ts';
import { ROUTES } from '../../lib/contract/routes.ts';
import type { JobActor, TokenActor } from '../../lib/domain/access/actor.ts';
import { ROLES, roleAllows } from '../../lib/domain/access/role.ts';
import * as Token from '../../lib/domain/token/index.ts';
import { CreateToken } from '../../lib/domain/token/schema.ts';
import * as User from '../../lib/domain/user/index.ts';
import { type Handlers, logger, type RoutesOf, type ServePorts, serve } from '../../lib/http/serve.ts';
import { answerOf, exampleOf, routes } from '../contract/document.ts';
import { memoryPorts } from '../memory/index.ts';
import { memoryJobTokens } from '../memory/job-tokens.ts';
import { send } from './api.ts';
import { credentialOf, secretOf } from './credentials.ts';

const ULID = '01JZX3V5N8Q2R4T6W8Y0A1B2C3';
const OTHER = '01JZX3V5N8Q2R4T6W8Y0A1B2C4';
const REVOKED = 'tok_01JZX3V5N8Q2R4T6W8Y0A1B2C5';
const EXPIRED = 'tok_01JZX3V5N8Q2R4T6W8Y0A1B2C6';

const ports = memoryPorts();
const past = new Date(ports.clock.now().getTime() - 1000);
const job = (ulid: string): JobActor => ({
  kind: 'job',
  job_id: `job_${ulid}`,
  run_id: `run_${ulid}`,
  project_id: `prj_${ulid}`,
});
const token = (
  role: (typeof ROLES)[number],
  index = 0,
  id = `tok_${ULID.slice(0, -1)}${index}`,
): TokenActor => ({
  kind: 'token',
  token_id: id,
  role,
});
const forger = { ...ports, jobTokens: memoryJobTokens(ports.clock, 'a key of somebody else') };

/** The token of an admin who is disabled. */
async function tokenOfDisabled(): Promise<string> {
  const operator = { kind: 'system', name: 'operator' } as const;
  await User.create(ports, operator, { name: 'alice', role: 'admin' });
  const { secret } = await Token.create(ports, operator, CreateToken.parse({ user: 'alice' }));
  await User.update(ports, operator, 'alice', { status: 'disabled' });
  return secret;
}
const disabled = await tokenOfDisabled();

/** By caller: what they send as bearer. */
const CALLERS: Record<string, () => Promise<string | undefined>> = {
  ...Object.fromEntries(
    ROLES.map((role, index) => [role, () => credentialOf(ports, token(role, index))] as const),
  ),
  'the job': () => credentialOf(ports, job(ULID)),
  'another job': () => credentialOf(ports, job(OTHER)),
  'nobody, without a token': async () => undefined,
  'nobody, with a revoked token': async () => secretOf(REVOKED),
  'nobody, with an expired token': () => credentialOf(ports, token('admin', 0, EXPIRED), past),
  "nobody, with another one's secret": async () => secretOf(`tok_${ULID}`).replace(ULID, EXPIRED.slice(4)),
  'nobody, whose user is disabled': async () => disabled,
  'nobody, with an expired job token': () => credentialOf(ports, job(ULID), past),
  'nobody, with a forged job token': () => credentialOf(forger, job(ULID)),
  'nobody, with no token of ours': async () => 'ghp_0123456789abcdefghijABCDEFGHIJ012345',
};

const reached = vi.fn();
/** Handlers that answer with the document's examples, so that only what `serve` does counts. */
function serverOf<G extends Group>(group: G) {
  const ofGroup = routes.filter(([, spec]) => spec.group === group);
  const handlers = Object.fromEntries(
    ofGroup.map(([operation, spec]) => [
      operation,
      async () => {
        reached(operation);
        return spec.success.status === 302 ? { location: 'https://example.com/' } : answerOf(spec);
      },
    ]),
  );
  // As in functions/api: the key of job tokens only where agents call.
  const { jobTokens, table, clock, randomness } = ports;
  const own = { table, clock, randomness, ...(servesAgents(group) && { jobTokens }) };
  return serve<Group>(
    group,
    ROUTES as unknown as RoutesOf<Group>,
    handlers as unknown as Handlers<Group>,
    own as ServePorts<Group>,
  );
}
const servesAgents = (group: Group) =>
  routes.some(
    ([, spec]) => spec.group === group && (spec.access === 'job' || spec.access === 'job_or_viewer'),
  );
const servers = new Map(GROUPS.map((group) => [group, serverOf<Group>(group)]));

/** What the table of access says, written once more as plainly as can be. */
function expected(spec: RouteSpec, caller: string): number {
  const { access, success, group } = spec;
  if (access === 'public') return success.status;
  // Where no agent calls, no signature of theirs can be checked, and any of their tokens is refused for what it is.
  if (caller === 'nobody, with a forged job token') return servesAgents(group) ? 401 : 403;
  if (caller.startsWith('nobody')) return 401;
  if (caller.endsWith('job')) {
    if (access !== 'job' && access !== 'job_or_viewer') return 403;
    return caller === 'the job' ? success.status : 404;
  }
  if (access === 'job') return 403;
  const role = ROLES.find((one) => one === caller) ?? 'viewer';
  return roleAllows(role, access === 'job_or_viewer' ? 'viewer' : access) ? success.status : 403;
}

beforeAll(() => {
  vi.spyOn(logger, 'error').mockImplementation(() => undefined);
});
beforeEach(() => {
  reached.mockClear();
});

describe.each(routes)('%s', (operation, spec) => {
  test.each(Object.entries(CALLERS))('called by %s', async (caller, credential) => {
    const handler = servers.get(spec.group);
    if (handler === undefined) throw new Error(`There is no group ${spec.group}.`);
    const { params, query, body } = exampleOf(spec);
    if ('job' in params) params.job = `job_${ULID}`;

    const answer = await send(handler, {
      operation: operation as OperationId,
      token: await credential(),
      params,
      query,
      body,
    });

    expect(answer.status).toBe(expected(spec, caller));
    expect(reached).toHaveBeenCalledTimes(answer.status < 400 ? 1 : 0);
    expect(answer.headers['x-request-id']).toBeTruthy();
    if (answer.status >= 400)
      expect(answer).toMatchObject({
        headers: { 'content-type': 'application/problem+json' },
        body: {
          status: answer.status,
          code: { 401: 'unauthenticated', 403: 'role_too_low', 404: 'not_found' }[answer.status],
        },
      });
    if (answer.status === 401)
      expect(answer).toMatchObject({
        headers: { 'www-authenticate': 'Bearer' },
        body: { detail: expect.stringMatching(/^(No token was sent|The token (is not valid|expired))/) },
      });
  });
});
