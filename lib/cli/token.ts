/** `staithe token`. */
import type { Token } from './api/resources.ts';
import { type CommandGroup, command } from './command/command.ts';
import { listCommand } from './command/list.ts';
import { choice, integer, text } from './command/option.ts';
import { usageFailure } from './failure/failure.ts';
import { moment } from './terminal/format.ts';
import { bold } from './terminal/style.ts';
import { fields } from './terminal/table.ts';

const create = command({
  name: 'create',
  summary: 'Create a token',
  details: 'The secret of the token is printed only once; the server stores only its hash.',
  options: {
    role: choice('--role <role>', 'Permissions of the token (required)', [
      'viewer',
      'developer',
      'deployer',
      'admin',
    ]),
    project: text(
      '--project <project>',
      'Limit the token to one project (slug or id); STAITHE_PROJECT is ignored',
    ),
    name: text('--name <name>', 'Name of the token, such as ci'),
    expiresInDays: integer('--expires-in-days <days>', 'Lifetime in days (default: never expires)'),
  },
  examples: ['staithe token create --role developer --project hello --name ci --expires-in-days 90'],
  calls: ['createToken'],
  async run({ options }, { api }) {
    if (options.role === undefined)
      throw usageFailure(
        'Required option --role <role> is missing.',
        'Add --role viewer, developer, deployer or admin.',
      );
    const token = await api.call('createToken', {
      body: {
        role: options.role,
        ...(options.project !== undefined && { project: options.project }),
        ...(options.name !== undefined && { name: options.name }),
        ...(options.expiresInDays !== undefined && { expires_in_days: options.expiresInDays }),
      },
    });
    const record = fields([
      ['token', token.id],
      ['name', token.name],
      ['role', token.role],
      ['project', token.project_id ?? 'all'],
      ['expires', token.expires_at ? moment(token.expires_at) : 'never'],
      ['secret', token.secret, bold],
    ]);
    return { json: token, text: record, notes: ['Copy the secret: it is not shown again.'] };
  },
});

const list = listCommand({
  summary: 'List tokens, newest first, without their secrets',
  examples: ['staithe token list'],
  calls: ['listTokens'],
  columns: [
    { title: 'id', value: (token: Token) => token.id },
    { title: 'name', value: (token) => token.name },
    { title: 'role', value: (token) => token.role },
    { title: 'project', value: (token) => token.project_id ?? 'all' },
    { title: 'expires', value: (token) => (token.expires_at ? moment(token.expires_at) : 'never') },
    { title: 'created', value: (token) => moment(token.created_at) },
  ],
  readPage: (_, api, query) => api.call('listTokens', { query }),
  nextWhenEmpty: () => 'staithe token create --role developer',
});

const revoke = command({
  name: 'revoke',
  summary: 'Revoke a token',
  args: { token: 'Token id (tok_…)' },
  examples: ['staithe token revoke tok_01JZX3V5N8Q2R4T6W8Y0A1B2C3'],
  calls: ['deleteToken'],
  async run({ args }, { api }) {
    await api.call('deleteToken', { params: { token: args.token } });
    return { json: { id: args.token, revoked: true }, text: `Revoked token ${args.token}` };
  },
});

export const token: CommandGroup = { name: 'token', commands: [create, list, revoke] };
