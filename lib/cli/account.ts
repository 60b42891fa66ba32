/** The server and the account in use: `staithe login`, `logout`, `whoami`, `status` and `openapi`. */
import { createApi } from './api/api.ts';
import type { Me } from './api/resources.ts';
import { command } from './command/command.ts';
import { removeCredentials, writeCredentials } from './connection/credentials.ts';
import { apiRoot, isLocal } from './connection/url.ts';
import { usageFailure } from './failure/failure.ts';
import { isSystemError, systemFailure } from './failure/system-error.ts';
import { readSecret } from './terminal/prompt.ts';
import { status as statusStyle } from './terminal/style.ts';
import { fields } from './terminal/table.ts';
import { grantText } from './users/grant.ts';

/** `admin`, `developer, project prj_…`, `deployer of hello/test` */
function rolesText({ role, project_id: bound, grants }: Me): string {
  const own = role === undefined ? [] : [bound === undefined ? role : `${role}, project ${bound}`];
  return [...own, ...grants.map(grantText)].join(', ');
}

/** @returns the file @throws Failure: not writable. The token is valid all the same, so the error says how to use it */
function saveCredentials(url: string, token: string): string {
  try {
    return writeCredentials(process.env, url, token);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw systemFailure(
      error,
      'The token is valid, but it cannot be saved.',
      `Set XDG_CONFIG_HOME to a writable folder, or use the token without login: STAITHE_URL=${url} STAITHE_TOKEN=<token>.`,
    );
  }
}

export const login = command({
  name: 'login',
  summary: 'Save the URL of a server and a token',
  details:
    'Prompts for the token without echo, or reads it from stdin. The token is verified and then saved in ' +
    '$XDG_CONFIG_HOME/staithe/credentials.json, readable only by you.',
  examples: [
    'staithe login --url https://abc.execute-api.eu-west-1.amazonaws.com',
    'staithe login --url https://staithe.example.com < token.txt',
  ],
  calls: ['whoAmI'],
  async run(_, { terminal, urlFlag }) {
    const input = urlFlag ?? process.env.STAITHE_URL;
    if (!input) throw usageFailure('No server specified.', 'staithe login --url <url>');
    const url = apiRoot(input, urlFlag === undefined ? 'STAITHE_URL' : '--url');
    if (url.startsWith('http:') && !isLocal(url))
      throw usageFailure(
        'The token would be sent unencrypted over http.',
        'Use the https URL of the server.',
      );
    const token = await readSecret(`Token for ${url}: `);
    if (token === '')
      throw usageFailure('The token is empty.', 'Type it at the prompt, or send it on stdin.');
    const connection = { url, token, origin: 'staithe login', local: isLocal(url) };
    const me = await createApi(
      () => connection,
      () => {},
    ).call('whoAmI');
    const path = saveCredentials(url, token);
    terminal.note(`Saved in ${path}`);
    return {
      json: { url, ...me },
      text: `Logged in to ${url} as ${me.user?.name ?? me.token_id} (${rolesText(me)})`,
      notes: ['next: staithe project list'],
    };
  },
});

export const logout = command({
  name: 'logout',
  summary: 'Delete the credentials that `staithe login` saved',
  details: 'The token remains valid; `staithe token revoke` revokes it.',
  examples: ['staithe logout'],
  calls: [],
  async run() {
    const path = removeCredentials(process.env);
    return { json: { removed: path }, text: `Deleted ${path}` };
  },
});

export const whoami = command({
  name: 'whoami',
  summary: 'Show the user and the token in use, and their roles',
  examples: ['staithe whoami'],
  calls: ['whoAmI'],
  async run(_, { api, connection }) {
    const me = await api.call('whoAmI');
    const text = fields([
      ['user', me.user?.name ?? 'none (service)'],
      ['token', `${me.token_id} (${me.name})`],
      ['role', me.role],
      ['project', me.project_id ?? (me.role === undefined ? undefined : 'all')],
      ['grants', me.grants.map(grantText).join('\n') || undefined],
      ['server', connection().url],
    ]);
    return { json: me, text };
  },
});

export const status = command({
  name: 'status',
  alias: 'health',
  summary: 'Show the status and the version of the server',
  examples: ['staithe status', 'staithe status --verbose'],
  calls: ['getHealth'],
  async run(_, { api, connection }) {
    const health = await api.call('getHealth');
    const { url, origin, token } = connection();
    const text = fields([
      ['server', url],
      ['status', statusStyle(health.status)],
      ['version', health.version],
      ['token', token === undefined ? 'none' : 'configured'],
      ['source', origin],
    ]);
    return { json: { ...health, url }, text, notes: ['next: staithe whoami'] };
  },
});

export const openapi = command({
  name: 'openapi',
  summary: 'Print the OpenAPI document of the server',
  examples: ['staithe openapi > openapi.json'],
  calls: ['getOpenApi'],
  async run(_, { api }) {
    const document = await api.call('getOpenApi');
    return { json: document, text: JSON.stringify(document, null, 2) };
  },
});
