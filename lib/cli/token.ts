/** `staithe token`. */
import type { Token } from './api/resources.ts';
import { type CommandGroup, command } from './command/command.ts';
import { listCommand } from './command/list.ts';
import { choice, integer, list as listOption, text } from './command/option.ts';
import { usageFailure } from './failure/failure.ts';
import { moment } from './terminal/format.ts';
import { bold } from './terminal/style.ts';
import { fields } from './terminal/table.ts';
import { grantText, ROLE_NAMES, readGrant } from './users/grant.ts';

/** Where the token has which role. */
function roleText({ role, grants = [], user }: Token): string {
  const roles = [...(role === undefined ? [] : [role]), ...grants.map(grantText)];
  return roles.length > 0 ? roles.join(', ') : `as ${user?.name ?? 'nobody'}`;
}

/** Grants name their projects. */
function projectText({ project_id: bound, role, grants }: Token): string | undefined {
  return bound ?? (role === undefined && grants !== undefined ? undefined : 'all');
}

const create = command({
  name: 'create',
  summary: 'Create a token of a user or of a service',
  details:
    'The secret of the token is printed only once; the server stores only its hash. A token of a user can do what the user ' +
    'can, within the limits of --role, --project and --grant. A token without --user is a service.',
  options: {
    user: text('--user <user>', 'User whose token it is, by name or id (default: none, for a service)'),
    role: choice(
      '--role <role>',
      'Permissions of the token (required without --user or --grant)',
      ROLE_NAMES,
    ),
    project: text(
      '--project <project>',
      'Limit the token to one project (slug or id); STAITHE_PROJECT is ignored',
    ),
    grant: listOption('--grant <project[/environment]=role>', 'Role in one project or environment'),
    name: text('--name <name>', 'Name of the token, such as ci'),
    expiresInDays: integer('--expires-in-days <days>', 'Lifetime in days (default: never expires)'),
  },
  examples: [
    'staithe token create --role developer --project hello --name ci --expires-in-days 90',
    'staithe token create --user alice --name laptop',
    'staithe token create --grant hello=developer --grant hello/test=deployer --name ci',
  ],
  calls: ['createToken'],
  async run({ options: { user, role, project, grant, name, expiresInDays } }, { api }) {
    if (role === undefined && user === undefined && grant.length === 0)
      throw usageFailure(
        'Required option --role <role> is missing.',
        'Add --role viewer, developer, deployer or admin; or --user, or --grant.',
      );
    const token = await api.call('createToken', {
      body: {
        ...(user !== undefined && { user }),
        ...(role !== undefined && { role }),
        ...(project !== undefined && { project }),
        ...(grant.length > 0 && { grants: grant.map(readGrant) }),
        ...(name !== undefined && { name }),
        ...(expiresInDays !== undefined && { expires_in_days: expiresInDays }),
      },
    });
    const record = fields([
      ['token', token.id],
      ['name', token.name],
      ['user', token.user?.name ?? 'none (service)'],
      ['role', roleText(token)],
      ['project', projectText(token)],
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
    { title: 'user', value: (token) => token.user?.name },
    { title: 'role', value: roleText },
    { title: 'project', value: projectText },
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
