/** From a request and its result to an entry of the audit log. */
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { isAudited } from '../contract/answers.ts';
import type { RouteSpec } from '../contract/route.ts';
import type { RequestActor, TokenActor } from '../domain/access/actor.ts';
import { roleIn } from '../domain/access/authorize.ts';
import type { Scope } from '../domain/access/grant.ts';
import { record } from '../domain/audit/record.ts';
import { type AuditEntry, INSTALLATION } from '../domain/audit/schema.ts';
import { subjectOf } from '../domain/audit/subject.ts';
import { StaitheError } from '../domain/error.ts';
import { derivedId, idFrom } from '../domain/id.ts';
import type { Ports } from '../domain/ports/index.ts';
import { resolve } from '../domain/project/find.ts';
import { ProjectRef } from '../domain/project/schema.ts';
import { ulidAt } from '../domain/storage/by-time.ts';
import { cut } from '../domain/text.ts';
import { isThrottling } from '../domain/throttling.ts';

type AuditPorts = Pick<Ports, 'table' | 'clock' | 'randomness'>;

/** A request whose caller is known, and what it asks for. */
export interface AuditedRequest {
  readonly operation: string;
  readonly spec: RouteSpec;
  readonly event: APIGatewayProxyEventV2;
  readonly actor: RequestActor;
}

/** Longer ones are noise, and an entry should stay within the 1 KB that a write unit takes. */
const MAX_USER_AGENT = 200;

/** Who, when and from where: the same of every entry. @param scope of what the request was about */
function entryOf(actor: TokenActor, { operation, event }: AuditedRequest, at: Date, scope: Scope) {
  const { http, requestId } = event.requestContext;
  const { token_id, token_name, user } = actor;
  const role = roleIn(actor, scope.project_id === undefined ? {} : scope);
  return {
    at: at.toISOString(),
    action: operation,
    actor: {
      kind: 'token',
      token_id,
      ...(token_name !== undefined && { token_name }),
      ...(user !== undefined && { user: { id: user.id, name: user.name } }),
      ...(role !== undefined && { role }),
    },
    source_ip: http.sourceIp,
    ...(http.userAgent && { user_agent: cut(http.userAgent, MAX_USER_AGENT) }),
    request_id: requestId,
  } as const satisfies Partial<AuditEntry>;
}

/**
 * Writes down that a request succeeded, before its answer leaves. The repeat of a request with an Idempotency-Key has
 * the same entry, unless its route runs again: then it hands out or changes something once more.
 * @param done the result of the handler, its body when that has a reason, and the seed of the request's ids
 * @throws StaitheError audit_unavailable | at_limit: then the request is not acknowledged
 */
export async function recordDone(
  ports: AuditPorts,
  request: AuditedRequest,
  done: { readonly result: unknown; readonly body: unknown; readonly seed: string | undefined },
): Promise<void> {
  const { actor, spec, operation, event } = request;
  if (!isAudited(spec) || actor.kind !== 'token') return;
  const now = ports.clock.now();
  const named = { ...event.queryStringParameters, ...event.pathParameters };
  const id =
    done.seed === undefined || spec.repeat === 'rerun'
      ? idFrom('entry', ports.randomness.ulid(now.getTime()))
      : derivedId('entry', done.seed, operation);
  const about = subjectOf(done.result, named, spec.secretBody ? undefined : done.body);
  const reason: unknown = Reflect.get(Object(done.body), 'reason');
  await written(async () => {
    const project =
      about.project_id ??
      actor.project_id ??
      (await projectOf(ports, actor, named.project ?? Reflect.get(Object(done.body), 'project')));
    const entry: AuditEntry = {
      id,
      ...entryOf(actor, request, now, { project_id: project, environment: about.subject.environment }),
      ...about,
      ...(project !== undefined && { project_id: project }),
      ...(typeof reason === 'string' && reason !== '' && { reason }),
      status: spec.success.status,
    };
    const isOfInstallation = spec.audit === 'installation' || project === undefined;
    await record(ports, isOfInstallation ? INSTALLATION : project, entry);
  });
}

/** The project that a request names, as far as the actor sees it. */
async function projectOf(ports: AuditPorts, actor: TokenActor, named: unknown): Promise<string | undefined> {
  const ref = ProjectRef.safeParse(named).data; // what is refused is not checked yet
  if (ref === undefined) return undefined;
  try {
    return (await resolve(ports, actor, ref)).id;
  } catch (error) {
    if (error instanceof StaitheError && error.code === 'not_found') return undefined; // or deleted meanwhile
    throw error;
  }
}

/**
 * Writes down that a request was refused to who sent it: once a minute for each token, operation and project, so that
 * a script that tries in vain does not flood the log. It is in the log of the project that the path names. Whoever has no
 * valid token is in the access log of the API alone.
 * @param request its actor is not authorized for its route
 * @throws StaitheError audit_unavailable | at_limit
 */
export async function recordRefused(ports: AuditPorts, request: AuditedRequest): Promise<void> {
  const { actor, spec, operation, event } = request;
  if (!isAudited(spec) || actor.kind !== 'token') return;
  const now = ports.clock.now();
  const minute = new Date(Math.floor(now.getTime() / 60_000) * 60_000).toISOString();
  const { subject } = subjectOf(undefined, event.pathParameters ?? {});
  await written(async () => {
    const project = (await projectOf(ports, actor, event.pathParameters?.project)) ?? actor.project_id;
    const log = project ?? INSTALLATION;
    await record(ports, log, {
      id: derivedId('entry', ulidAt(minute, '0'), 'refused', actor.token_id, operation, log),
      ...entryOf(actor, request, now, { project_id: project, environment: subject.environment }),
      ...(project !== undefined && { project_id: project }),
      subject,
      digests: [],
      status: 403,
    });
  });
}

/** A request whose entry cannot be written is not acknowledged; its repeat with the same key is. */
async function written(write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (error instanceof StaitheError || (error instanceof Error && isThrottling(error.name))) throw error;
    throw new StaitheError(
      'audit_unavailable',
      `The audit log could not be written (${error instanceof Error ? error.name : 'unknown error'}).`,
    );
  }
}
