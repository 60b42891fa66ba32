/** Texts of `staithe help <topic>`, which docs/cli.md has too. */
import { EXIT_MEANINGS } from '../exit-codes.ts';

export function exitCodes(): string {
  return EXIT_MEANINGS.map(([code, meaning]) => `${String(code).padStart(3)}  ${meaning}`).join('\n');
}

export const CONNECTION = `The server, first found:
  1. --url <url>
  2. STAITHE_URL
  3. connection.json of a local server: in the folder that STAITHE_STATE names, or, without that variable, in .staithe of
     this folder or one above it; then that of \`staithe start\`,
     in the checkout of this program or, installed, in $XDG_STATE_HOME/staithe/server (~/.local/state)
  4. what \`staithe login\` kept in $XDG_CONFIG_HOME/staithe/credentials.json (~/.config without that variable)

The token, first found:
  1. STAITHE_TOKEN
  2. the one that stands in that file for that very URL; a token is never sent to another URL than its own

A connection file is { "url": string, "token": string, "webhook_secret"?: string }, and its URL must be of this machine.
Secrets are never arguments: other users of a machine can read those. --verbose says what was found where.
--project may also stand in STAITHE_PROJECT.`;
