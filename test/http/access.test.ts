/** Every route with every kind of caller. */
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { GROUPS, type Group, type RouteSpec } from '../../lib/contract/route.ts';
import type { OperationId } from '../../lib/contract/routes.ts';
import { ROUTES } from '../../lib/contract/routes.ts';
import type { RequestActor } from '../../lib/domain/access/actor.ts';
import { ROLES, roleAllows } from '../../lib/domain/access/role.ts';
import { type Handlers, logger, type RoutesOf, serve } from '../../lib/http/serve.ts';
import { answerOf, exampleOf, routes } from '../contract/document.ts';
import { send } from './api.ts';

const ULID = '01JZX3V5N8Q2R4T6W8Y0A1B2C3';
const OTHER = '01JZX3V5N8Q2R4T6W8Y0A1B2C4';
const job = (ulid: string): RequestActor => ({
  kind: 'job',
  job_id: `job_${ulid}`,
  run_id: `run_${ulid}`,
  project_id: `prj_${ulid}`,
});
const CALLERS: Record<string, RequestActor> = {
  ...Object.fromEntries(ROLES.map((role) => [role, { kind: 'token', token_id: `tok_${ULID}`, role }])),
  'the job': job(ULID),
  'another job': job(OTHER),
  nobody: { kind: 'anonymous', reason: 'The token was revoked.' },
};

/** What the table of access says, written once more as plainly as can be. */
function expected(spec: RouteSpec, caller: string): number {
  const { access, success } = spec;
  if (access === 'public') return success.status;
  if (caller === 'nobody') return 401;
  if (caller.endsWith('job')) {
    if (access !== 'job' && access !== 'job_or_viewer') return 403;
    return caller === 'the job' ? success.status : 404;
  }
  if (access === 'job') return 403;
  const role = ROLES.find((one) => one === caller) ?? 'viewer';
  return roleAllows(role, access === 'job_or_viewer' ? 'viewer' : access) ? success.status : 403;
}

const reached = vi.fn();
/** Handlers that answer with the document's examples, so that only what `serve` does counts. */
function serverOf<G extends Group>(group: G) {
  const handlers = Object.fromEntries(
    routes
      .filter(([, spec]) => spec.group === group)
      .map(([operation, spec]) => [
        operation,
        async () => {
          reached(operation);
          return spec.success.status === 302 ? { location: 'https://example.com/' } : answerOf(spec);
        },
      ]),
  );
  return serve(group, ROUTES as unknown as RoutesOf<G>, handlers as unknown as Handlers<G>);
}
const servers = new Map(GROUPS.map((group) => [group, serverOf<Group>(group)]));

beforeAll(() => {
  vi.spyOn(logger, 'error').mockImplementation(() => undefined);
});

describe.each(routes)('%s', (operation, spec) => {
  test.each(Object.entries(CALLERS))('called by %s', async (caller, actor) => {
    const handler = servers.get(spec.group);
    if (handler === undefined) throw new Error(`There is no group ${spec.group}.`);
    const { params, query, body } = exampleOf(spec);
    if ('job' in params) params.job = `job_${ULID}`;
    reached.mockClear();

    const answer = await send(handler, {
      operation: operation as OperationId,
      actor,
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
        body: { detail: 'The token was revoked.' },
      });
  });
});
