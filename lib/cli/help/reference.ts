/** Generates docs/cli.md from the commands: `staithe help reference > docs/cli.md`. */
import type { Command } from '../command/command.ts';
import { globalOptions, HELP_FLAGS } from '../command/global-options.ts';
import { declare } from '../command/option.ts';
import { GROUPS, SINGLES } from '../commands.ts';
import { CONNECTION, exitCodes } from './topics.ts';

const INTRODUCTION = `# The command line

\`staithe help reference\` generates this page; a test compares the two.

In a checkout the command is \`npx staithe\`, in its folder or a subfolder; it uses the Node of the checkout. Outside a
checkout do not use \`npx staithe\`: npx would download an unrelated package of that name. Install the package instead,
which needs only Node 20.12 or newer. \`npm pack\` in the checkout builds it; then, on any machine,

\`\`\`sh
npm install --global ./staithe-0.1.0.tgz
\`\`\`

and the command is \`staithe\`. \`staithe start\` and \`staithe install\` install their dependencies once, from the lock file of
the package, into \`$XDG_CACHE_HOME/staithe\` (\`~/.cache/staithe\`). After that they need no network for it.

## From a project to a deployment

In the checkout:

\`\`\`sh
npm start                                # a local server, in another terminal
npx staithe status
npx staithe project create hello
build=$(npx staithe build create --project hello --dir examples/hello-function --json | jq -r .id)
npx staithe build logs "$build" --follow
npx staithe release create --build "$build" --version 0.1.0
npx staithe environment set test --project hello --function hello-test
npx staithe deploy test --project hello --release 0.1.0 --follow
\`\`\`

## Scripts

- \`--json\` prints exactly one JSON document on stdout: the resource of the API, or \`{"items": […]}\` for a list. Errors are
  JSON on stderr.
- With \`--json --follow\` the output is JSON lines. \`build create\`, \`build run\`, \`deploy\` and \`webhook send\` print objects
  with an \`event\` (\`build\`, \`run\`, \`log\`, \`log_unreadable\`, \`deployment\`, \`sent\`); the last one is \`result\`.
  \`build logs\`, \`job logs\` and \`environment logs\` print the lines of the log as the API returns them.
- Without \`--json\`, results go to stdout, and progress and notes to stderr.
- Colours follow FORCE_COLOR, NO_COLOR and \`--no-color\`. Without a terminal there are none.
- Text from builds and users (names, messages, logs) cannot control the terminal: escape sequences, control characters and
  characters that reverse the direction of text are removed.

\`\`\`sh
export STAITHE_PROJECT=hello
build=$(npx staithe build create --dir examples/hello-function --json | jq -r .id)
npx staithe build logs "$build" --follow
npx staithe artifact download "$(npx staithe build artifacts "$build" --json | jq -r '.items[0].id')"
\`\`\`

## Lists

Lists print 20 results. \`--limit\` and \`--cursor\` page through them, and \`--all\` prints all of them. A cursor is valid only for
the filters and times of its list. To continue a list with \`--since 7d\`, use the absolute \`--since\` in the line \`more:\` (with
\`--json\`, the field \`since\`).

## Retries

A request is retried three times if the connection breaks or the status is 429, 502, 503 or 504. Every change has an
Idempotency-Key, so that it is applied only once. With \`--follow\` requests are retried for two minutes from the first
failure on, which survives a restart of the server; STAITHE_RETRY_SECONDS is another time (its former name,
STAITHE_PATIENCE, still works). \`STAITHE_DEBUG=1\` adds the stack trace to an error.`;

const cell = (text: string) => text.replaceAll('|', '\\|');

function optionRows(command: Command): string {
  if (command.options.length === 0) return '';
  const rows = command.options.map((kind) => {
    const option = declare(kind);
    const extra = [
      ...(option.envVar === undefined ? [] : [`environment variable: ${option.envVar}`]),
      ...(option.argChoices === undefined ? [] : [`one of: ${option.argChoices.join(', ')}`]),
    ];
    return `| \`${cell(option.flags)}\` | ${cell(option.description)}${extra.length > 0 ? ` (${extra.join('; ')})` : ''} |`;
  });
  return `| option | description |\n| --- | --- |\n${rows.join('\n')}`;
}

function globalRows(): string {
  const rows = globalOptions().map(({ flags, description }) => `- \`${flags}\`: ${description}`);
  return [...rows, `- \`${HELP_FLAGS}\`: Show this help`].join('\n');
}

function section(command: Command, noun: string, depth: string): string {
  const words = ['staithe', noun, command.name, ...command.args.map(([placeholder]) => placeholder)].filter(
    Boolean,
  );
  const alias = command.alias === undefined ? '' : `Alias: \`staithe ${command.alias}\`.`;
  const args = command.args
    .map(([placeholder, description]) => `- \`${placeholder}\`: ${description}`)
    .join('\n');
  const examples = `\`\`\`sh\n${command.examples.join('\n')}\n\`\`\``;
  return [
    `${depth} \`${words.join(' ')}\``,
    `${command.summary}.`,
    command.details,
    alias,
    args,
    optionRows(command),
    examples,
  ]
    .filter(Boolean)
    .join('\n\n');
}

/** The whole page, in Markdown. */
export async function reference(): Promise<string> {
  const parts = [
    INTRODUCTION,
    `## Server and token\n\n\`\`\`text\n${CONNECTION}\n\`\`\``,
    `## Exit codes\n\n\`\`\`text\n${exitCodes()}\n\`\`\``,
    `## Commands\n\nEvery command has these options:\n\n${globalRows()}`,
  ];
  for (const entry of GROUPS) {
    const { commands } = await entry.load();
    parts.push(`## ${entry.name}\n\n${entry.summary}.`);
    parts.push(...commands.map((command) => section(command, entry.name, '###')));
  }
  parts.push('## Commands without a noun');
  for (const entry of SINGLES) parts.push(section(await entry.load(), '', '###'));
  return `${parts.join('\n\n')}\n`;
}
