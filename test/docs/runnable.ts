/** What of the documentation's commands can run in a test, and with which ids. */
import { join } from 'node:path';
import { Rules } from './shell-blocks.ts';

export const blocksThatCannotRun = new Rules([
  [/\baws [a-z]|\boutput\(\)|\$\(output |cdk (bootstrap|destroy|diff)/, 'needs an AWS account'],
  [/examples\/image/, 'needs a builder of images; test/system/images.test.ts builds it'],
  [/git-host\.mjs|pushed/, 'needs a git host beside it; test/system/webhooks.test.ts has one'],
]);

export const linesThatCannotRun = new Rules([
  [
    /^(npx staithe|staithe) (start|install)\b|\bnpm (start|test|ci|run|pack|install)\b/,
    'starts, tests or installs Staithe itself',
  ],
  [/^git (clone|pull)|^cd staithe/, 'fetches Staithe itself'],
  [/^npx (vitest|biome)/, 'checks Staithe itself'],
  [/^docker /, 'needs Docker and an image'],
  [/^staithe registry login/, 'needs a container tool; test/system/pull.test.ts logs one in'],
  [/^staithe mail/, 'needs the state folder of a server; test/system/subscriptions.test.ts has one'],
  [/^staithe environment logs/, 'needs a deployed function; test/system/function-logs.test.ts has one'],
  [/staithe login --url https:|:\/\/\S*example\.com/, 'names a server that is not there'],
  [/audit verify --file .* --head/, 'needs a file and its head; test/system/audit.test.ts has them'],
  [/(project|secret) delete (?!.*--yes)/, 'asks at the terminal; test/cli answers it'],
]);

const WORDS: Readonly<Record<string, string>> = {
  '<build>': 'bld_',
  '<delivery>': 'dlv_',
  '<letter>': 'letter',
  '<release>': 'rel_',
  '<subscription>': 'sub_',
  '<notification>': 'ntf_',
};

/** The dead letter that the documentation shows. */
const SHOWN_LETTER = '0b6d3c1e-5d0f-4a53-9a8e-6f1f5b7b2c11';

/** An id, or a word for one, that the documentation shows. */
export const SHOWN_ID = new RegExp(
  `\\b[a-z]{3}_(?:01JZX3V5N8Q2R4T6W8Y0A1B2C3|…)|${SHOWN_LETTER}|<(?:build|delivery|letter|release|subscription|notification)>`,
);

/**
 * The commands with real ids, and without what cannot run.
 *
 * @param samples a real id by the first four characters of its kind, and of a dead letter by `letter`
 * @param folder where a test may write
 */
export function runnable(code: string, samples: ReadonlyMap<string, string>, folder: string): string {
  let lines = code
    .split('\n')
    .filter((line) => !linesThatCannotRun.matches(line.trim()))
    .join('\n')
    .replaceAll('/tmp/staithe-try', join(folder, 'try'));
  for (const [word, prefix] of Object.entries(WORDS))
    lines = lines.replaceAll(word, samples.get(prefix) ?? word);
  lines = lines.replaceAll(SHOWN_LETTER, samples.get('letter') ?? SHOWN_LETTER);
  return lines.replaceAll(
    /\b([a-z]{3}_)(?:01JZX3V5N8Q2R4T6W8Y0A1B2C3|…)/g,
    (id, prefix: string) => samples.get(prefix) ?? id,
  );
}
