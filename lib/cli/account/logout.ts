import { command } from '../command.ts';
import { removeCredentials } from '../connection/credentials.ts';

export const logout = command({
  name: 'logout',
  summary: 'Forget what `staithe login` kept',
  details: 'The token itself goes on working; `staithe token revoke` ends it.',
  examples: ['staithe logout'],
  calls: [],
  async run() {
    const path = removeCredentials(process.env);
    return { json: { removed: path }, text: `Forgotten: ${path}` };
  },
});
