/** Texts of `staithe help <topic>`; docs/cli.md includes them. */
import { EXIT_MEANINGS } from '../failure/exit-codes.ts';

export function exitCodes(): string {
  return EXIT_MEANINGS.map(([code, meaning]) => `${String(code).padStart(3)}  ${meaning}`).join('\n');
}

export const CONNECTION = `Server (first match):
  1. --url <url>
  2. STAITHE_URL
  3. connection.json of a local server: in the folder STAITHE_STATE if it is set; otherwise in .staithe of the working
     directory or one of its parents, then in the default state folder of \`staithe start\` (.staithe in the checkout;
     installed: $XDG_STATE_HOME/staithe/server, by default in ~/.local/state)
  4. $XDG_CONFIG_HOME/staithe/credentials.json (by default in ~/.config), written by \`staithe login\`

Token (first match):
  1. STAITHE_TOKEN
  2. The token saved with exactly this URL in one of these files; a token is never sent to another URL

A connection file is { "url": string, "token": string, "webhook_secret"?: string }. Its URL must be on this machine.
Secrets are never arguments, because other users of a machine can read those. --verbose prints the source of the URL and
of the token. STAITHE_PROJECT is the default of --project.`;
