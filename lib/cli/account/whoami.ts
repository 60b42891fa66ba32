import { command } from '../command.ts';
import { fields } from '../terminal/table.ts';

export const whoami = command({
  name: 'whoami',
  summary: 'Tell which token is used, its role and its project',
  examples: ['staithe whoami'],
  calls: ['whoAmI'],
  async run(_, { api, connection }) {
    const me = await api.call('whoAmI');
    const text = fields([
      ['token', me.token_id],
      ['role', me.role],
      ['project', me.project_id ?? 'all'],
      ['server', connection().url],
    ]);
    return { json: me, text };
  },
});
