/** The embedded SES, API v2: identities, and mail that goes into a folder instead of to anybody. */
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { AwsError, type Cloud, notImplemented, type Service } from '../service.ts';
import { sesActions } from './actions.ts';
import { Identities } from './identities.ts';
import { MailboxFolder } from './mailbox.ts';

const IDENTITY = /^\/v2\/email\/identities\/(?<EmailIdentity>[^/]+)$/;

/** Method, path and action, as in the service's own API model. */
const ROUTES = [
  ['POST', /^\/v2\/email\/outbound-emails$/, 'SendEmail'],
  ['POST', /^\/v2\/email\/identities$/, 'CreateEmailIdentity'],
  ['GET', IDENTITY, 'GetEmailIdentity'],
  ['DELETE', IDENTITY, 'DeleteEmailIdentity'],
] as const;

export function ses(cloud: Cloud): Service {
  const folder = cloud.stateDir('ses');
  const identities = new Identities(folder);
  const actions = sesActions(cloud, identities, new MailboxFolder(join(folder, 'mailbox')));
  return {
    name: 'ses',
    actions,
    async handle(request, call) {
      const body = await buffer(request.body);
      for (const [method, path, action] of ROUTES) {
        const match = path.exec(request.path);
        if (match === null || method !== request.method) continue;
        const output = actions[action]({ ...members(body), ...decoded(match.groups) }, call);
        const headers = { 'x-amzn-requestid': call.requestId, 'content-type': 'application/json' };
        return { status: 200, headers, body: JSON.stringify(output) };
      }
      throw notImplemented('ses', `${request.method} ${request.path}`);
    },
    stop: () => identities.database.close(),
  };
}

const decoded = (groups: Readonly<Record<string, string>> = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, decodeURIComponent(value)]));

function members(body: Awaited<ReturnType<typeof buffer>>): Record<string, unknown> {
  if (body.length === 0) return {};
  try {
    const value: unknown = JSON.parse(body.toString());
    if (value !== null && typeof value === 'object') return { ...value };
  } catch {
    // Answered below, like any other body that is not an object.
  }
  throw new AwsError('BadRequestException', 'Could not parse request body into json');
}
