import { command } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { choice, integer, text } from '../option.ts';
import { moment } from '../terminal/format.ts';
import { bold } from '../terminal/style.ts';
import { fields } from '../terminal/table.ts';

export const create = command({
  name: 'create',
  summary: 'Create a token',
  details: 'Its secret is shown this once; only its hash is kept.',
  options: {
    role: choice('--role <role>', 'what it may do', ['viewer', 'developer', 'deployer', 'admin']),
    project: text('--project <project>', 'bind it to one project (slug or id); STAITHE_PROJECT is not asked'),
    name: text('--name <name>', 'what it is for'),
    expiresInDays: integer('--expires-in-days <days>', 'it ends after this many days (default: never)'),
  },
  examples: ['staithe token create --role developer --project hello --name ci --expires-in-days 90'],
  calls: ['createToken'],
  async run({ options }, { api }) {
    if (options.role === undefined)
      throw usageFailure('A token needs a role.', 'Give --role viewer, developer, deployer or admin.');
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
    return { json: token, text: record, notes: ['Keep the secret now: it is never shown again.'] };
  },
});
