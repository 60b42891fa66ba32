import { command } from '../command.ts';

export const revoke = command({
  name: 'revoke',
  summary: 'Revoke a token',
  args: { token: 'id of the token (tok_…)' },
  examples: ['staithe token revoke tok_01JZX3V5N8Q2R4T6W8Y0A1B2C3'],
  calls: ['deleteToken'],
  async run({ args }, { api }) {
    await api.call('deleteToken', { params: { token: args.token } });
    return { json: { id: args.token, revoked: true }, text: `Revoked ${args.token}` };
  },
});
