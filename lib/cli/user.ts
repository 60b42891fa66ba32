/** `staithe user`. */
import type { User } from './api/resources.ts';
import { type CommandGroup, command } from './command/command.ts';
import { listCommand } from './command/list.ts';
import { choice, text } from './command/option.ts';
import { usageFailure } from './failure/failure.ts';
import { moment } from './terminal/format.ts';
import { status as statusStyle } from './terminal/style.ts';
import { fields } from './terminal/table.ts';
import { grantText, ROLE_NAMES } from './users/grant.ts';

const args = { user: 'User by name or id' };

const settings = {
  email: text('--email <address>', 'E-mail address'),
  displayName: text('--display-name <name>', 'Full name'),
};

const scopeOptions = {
  project: text(
    '--project <project>',
    'Project by slug or id (default: the whole installation); STAITHE_PROJECT is ignored',
  ),
  environment: text('--environment <environment>', 'One environment of the project'),
};

function userText(user: User): string {
  return fields([
    ['user', user.name],
    ['id', user.id],
    ['name', user.display_name],
    ['email', user.email],
    ['status', user.status, statusStyle],
    ['role', user.role ?? 'none in the whole installation'],
    ['grants', user.grants.map(grantText).join('\n') || 'none'],
    ['created', `${moment(user.created_at)} by ${user.created_by}`],
    ['disabled', user.disabled_at && `${moment(user.disabled_at)} by ${user.disabled_by}`],
  ]);
}

const create = command({
  name: 'create',
  summary: 'Create a user, a person who can have tokens',
  details: 'A new user can do nothing until they have a role.',
  args: { name: 'Name of the user: a-z, 0-9 and -, not the name of a role; cannot be changed' },
  options: settings,
  examples: ['staithe user create alice --email alice@example.com --display-name "Alice Liddell"'],
  calls: ['createUser'],
  async run({ args: { name }, options: { email, displayName } }, { api }) {
    const user = await api.call('createUser', {
      body: {
        name,
        ...(email !== undefined && { email }),
        ...(displayName !== undefined && { display_name: displayName }),
      },
    });
    return {
      json: user,
      text: userText(user),
      notes: [`next: staithe user grant ${user.name} --role developer --project <project>`],
    };
  },
});

const list = listCommand({
  summary: 'List users',
  examples: ['staithe user list'],
  calls: ['listUsers'],
  columns: [
    { title: 'user', value: (user: User) => user.name },
    { title: 'name', value: (user) => user.display_name },
    { title: 'email', value: (user) => user.email },
    { title: 'status', value: (user) => user.status, style: statusStyle },
    { title: 'role', value: (user) => user.role },
    { title: 'grants', value: (user) => user.grants.map(grantText).join(', ') },
  ],
  readPage: (_, api, query) => api.call('listUsers', { query }),
  nextWhenEmpty: () => 'staithe user create <name>',
});

const show = command({
  name: 'show',
  summary: 'Show a user and their roles',
  args,
  examples: ['staithe user show alice'],
  calls: ['getUser'],
  async run({ args: { user: ref } }, { api }) {
    const user = await api.call('getUser', { params: { user: ref } });
    return { json: user, text: userText(user) };
  },
});

const update = command({
  name: 'update',
  summary: 'Change the e-mail address or the full name of a user',
  args,
  options: settings,
  examples: ['staithe user update alice --email alice@example.org'],
  calls: ['updateUser'],
  async run({ args: { user: ref }, options: { email, displayName } }, { api }) {
    if (email === undefined && displayName === undefined)
      throw usageFailure('No change specified.', 'staithe user update --help');
    const user = await api.call('updateUser', {
      params: { user: ref },
      body: {
        ...(email !== undefined && { email: email === '' ? null : email }),
        ...(displayName !== undefined && { display_name: displayName === '' ? null : displayName }),
      },
    });
    return { json: user, text: userText(user) };
  },
});

const disable = command({
  name: 'disable',
  summary: 'Disable a user: all their tokens are refused from the next request on',
  details: 'The user keeps their roles and tokens, which work again after `staithe user enable`.',
  args,
  examples: ['staithe user disable alice'],
  calls: ['updateUser'],
  async run({ args: { user: ref } }, { api }) {
    const user = await api.call('updateUser', { params: { user: ref }, body: { status: 'disabled' } });
    return { json: user, text: userText(user) };
  },
});

const enable = command({
  name: 'enable',
  summary: 'Enable a disabled user',
  args,
  examples: ['staithe user enable alice'],
  calls: ['updateUser'],
  async run({ args: { user: ref } }, { api }) {
    const user = await api.call('updateUser', { params: { user: ref }, body: { status: 'active' } });
    return { json: user, text: userText(user) };
  },
});

/** @throws Failure usage: an environment is one of a project */
function assertScope(project: string | undefined, environment: string | undefined): void {
  if (environment !== undefined && project === undefined)
    throw usageFailure('--environment needs --project.', 'Add --project <project>.');
}

const grant = command({
  name: 'grant',
  summary: 'Grant a user a role in a project, an environment or the whole installation',
  details:
    'Replaces the role that the user has there. A role in an environment (deployer or admin) also lets the user view the project.',
  args,
  options: { role: choice('--role <role>', 'Role (required)', ROLE_NAMES), ...scopeOptions },
  examples: [
    'staithe user grant alice --role developer --project hello',
    'staithe user grant alice --role deployer --project hello --environment test',
    'staithe user grant alice --role viewer',
  ],
  calls: ['grantRole', 'updateUser'],
  async run({ args: { user: ref }, options: { role, project, environment } }, { api }) {
    if (role === undefined)
      throw usageFailure(
        'Required option --role <role> is missing.',
        'Add --role viewer, developer, deployer or admin.',
      );
    assertScope(project, environment);
    const params = { user: ref };
    const user =
      project === undefined
        ? await api.call('updateUser', { params, body: { role } })
        : await api.call('grantRole', {
            params,
            body: { project, role, ...(environment !== undefined && { environment }) },
          });
    return {
      json: user,
      text: userText(user),
      notes: [`next: staithe token create --user ${user.name} --name laptop`],
    };
  },
});

const revoke = command({
  name: 'revoke',
  summary: 'Revoke the role of a user in a project, an environment or the whole installation',
  details: 'Takes effect with the next request of the user. Other roles of the user stay.',
  args,
  options: scopeOptions,
  examples: [
    'staithe user revoke alice --project hello',
    'staithe user revoke alice --project hello --environment test',
    'staithe user revoke alice',
  ],
  calls: ['revokeRole', 'updateUser'],
  async run({ args: { user: ref }, options: { project, environment } }, { api }) {
    assertScope(project, environment);
    const params = { user: ref };
    const user =
      project === undefined
        ? await api.call('updateUser', { params, body: { role: null } })
        : await api.call('revokeRole', {
            params,
            query: { project, ...(environment !== undefined && { environment }) },
          });
    return { json: user, text: userText(user) };
  },
});

export const user: CommandGroup = {
  name: 'user',
  commands: [create, list, show, update, grant, revoke, disable, enable],
};
