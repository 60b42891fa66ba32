import { command } from '../command.ts';
import { status as coloured } from '../terminal/style.ts';
import { fields } from '../terminal/table.ts';

export const status = command({
  name: 'status',
  alias: 'health',
  summary: 'Tell whether the server answers, and its version',
  examples: ['staithe status', 'staithe status --verbose'],
  calls: ['getHealth'],
  async run(_, { api, connection }) {
    const health = await api.call('getHealth');
    const { url, origin, token } = connection();
    const text = fields([
      ['server', url],
      ['status', coloured(health.status)],
      ['version', health.version],
      ['token', token === undefined ? 'none' : 'present'],
      ['found', origin],
    ]);
    return { json: { ...health, url }, text, notes: ['next: staithe whoami'] };
  },
});
