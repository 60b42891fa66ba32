import { createApi } from '../api.ts';
import { command } from '../command.ts';
import { writeCredentials } from '../connection/credentials.ts';
import { apiRoot, isLoopback } from '../connection/url.ts';
import { usageFailure } from '../failure.ts';
import { isSystemError, systemFailure } from '../system-error.ts';
import { readSecret } from '../terminal/ask.ts';

/** @returns the file @throws Failure, when it cannot be written: the token is good, so it says how to use it */
function keep(url: string, token: string): string {
  try {
    return writeCredentials(process.env, url, token);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw systemFailure(
      error,
      'The token is valid, but it cannot be saved.',
      `Set XDG_CONFIG_HOME to a folder that can be written, or do without: STAITHE_URL=${url} STAITHE_TOKEN=<token>.`,
    );
  }
}

export const login = command({
  name: 'login',
  summary: 'Keep the URL of a server and a token for it',
  details:
    'The token is asked for without being shown, or read from stdin. It is tried before it is kept, in ' +
    '$XDG_CONFIG_HOME/staithe/credentials.json, which only you can read.',
  examples: [
    'staithe login --url https://abc.execute-api.eu-west-1.amazonaws.com',
    'staithe login --url https://staithe.example.com < token.txt',
  ],
  calls: ['whoAmI'],
  async run(_, { terminal, urlFlag }) {
    const named = urlFlag ?? process.env.STAITHE_URL;
    if (!named) throw usageFailure('Nothing says which server.', 'staithe login --url <url>');
    const url = apiRoot(named, urlFlag === undefined ? 'STAITHE_URL' : '--url');
    if (url.startsWith('http:') && !isLoopback(url))
      throw usageFailure('A token would be sent over plain http.', 'Use the https URL of the server.');
    const token = await readSecret(`Token for ${url}: `);
    if (token === '') throw usageFailure('No token was given.', 'Type it when asked, or send it on stdin.');
    const connection = { url, token, origin: 'what was typed', local: isLoopback(url) };
    const me = await createApi(
      () => connection,
      () => {},
    ).call('whoAmI');
    const path = keep(url, token);
    terminal.note(`kept in ${path}`);
    return {
      json: { url, ...me },
      text: `Logged in to ${url} as ${me.token_id} (${me.role}${me.project_id ? `, project ${me.project_id}` : ''})`,
      notes: ['next: staithe project list'],
    };
  },
});
