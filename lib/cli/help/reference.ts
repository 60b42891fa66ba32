/** docs/cli.md, written from the commands themselves: `staithe help reference > docs/cli.md`. */
import type { Command } from '../command.ts';
import { globalOptions, HELP_FLAGS } from '../global-options.ts';
import { GROUPS, SINGLES } from '../groups.ts';
import { declare } from '../option.ts';
import { CONNECTION, exitCodes } from './topics.ts';

const INTRODUCTION = `# The command line

This page is written by \`staithe help reference\`; a test compares the two.

In a checkout the program is called \`npx staithe\`, in this folder or one below it; it brings the Node that it needs.
Outside, \`npx staithe\` would fetch whatever the registry has under that name: install the program there. It needs Node
20.12 or newer and nothing else. \`npm pack\` in the checkout makes the package; then, on any machine,

\`\`\`sh
npm install --global ./staithe-0.1.0.tgz
\`\`\`

and the program is called \`staithe\`. Its \`staithe start\` and \`staithe install\` bring what they need beyond it once, into
\`$XDG_CACHE_HOME/staithe\` (\`~/.cache/staithe\`), from the lock file in the package; from then on they need no network
for it.

## From nothing to a deployment

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

## For programs

\`--json\` prints exactly one JSON document on stdout: the resource as the API gives it, or \`{"items": […]}\` for a list.
With \`--follow\` it prints JSON lines. \`build create\`, \`build run\`, \`deploy\` and others that follow what they began give each
an \`event\` (\`build\`, \`run\`, \`log\`, \`log_unreadable\`, \`deployment\`, \`sent\`), the last one \`result\`; \`build logs\`,
\`job logs\` and \`environment logs\` give the lines of the log alone, as they come from the API. Problems are JSON on stderr
then. Without \`--json\`, results go to stdout, progress and notes to stderr. Colours follow FORCE_COLOR, NO_COLOR and
\`--no-color\`, and are left out when the output is no terminal. Of what builds and people have written (names, messages,
logs) nothing else reaches a terminal that could steer it: no escape sequences, no control characters, no marks that
reverse the direction of text.

\`\`\`sh
export STAITHE_PROJECT=hello
build=$(npx staithe build create --dir examples/hello-function --json | jq -r .id)
npx staithe build logs "$build" --follow
npx staithe artifact download "$(npx staithe build artifacts "$build" --json | jq -r '.items[0].id')"
\`\`\`

Lists show 20; \`--limit\` and \`--cursor\` page, \`--all\` takes every page. A connection that breaks, and answers 429, 502,
503 and 504, are tried three times more; every change carries an Idempotency-Key, so nothing is done twice. What follows
something (\`--follow\`) tries again for two minutes from the first request on that failed, so that it survives a restart of
the server; STAITHE_PATIENCE is another time, in seconds. A cursor is of the filters and times that its list was asked for:
to go on in a list of \`--since 7d\`, give \`--since\` as the line \`more:\` has it (with \`--json\`, the field \`since\`).
\`STAITHE_DEBUG=1\` adds the stack of an error.`;

const cell = (text: string) => text.replaceAll('|', '\\|');

function optionRows(command: Command): string {
  if (command.options.length === 0) return '';
  const rows = command.options.map((kind) => {
    const option = declare(kind);
    const extra = [
      ...(option.envVar === undefined ? [] : [`or ${option.envVar}`]),
      ...(option.argChoices === undefined ? [] : [option.argChoices.join(', ')]),
    ];
    return `| \`${cell(option.flags)}\` | ${cell(option.description)}${extra.length > 0 ? ` (${extra.join('; ')})` : ''} |`;
  });
  return `| option | |\n| --- | --- |\n${rows.join('\n')}`;
}

function globalRows(): string {
  const rows = globalOptions().map(({ flags, description }) => `- \`${flags}\`: ${description}`);
  return [...rows, `- \`${HELP_FLAGS}\`: show the help of the command`].join('\n');
}

function section(command: Command, noun: string, depth: string): string {
  const words = ['staithe', noun, command.name, ...command.args.map(([placeholder]) => placeholder)].filter(
    Boolean,
  );
  const alias = command.alias === undefined ? '' : `Also \`staithe ${command.alias}\`.`;
  const args = command.args.map(([placeholder, what]) => `- \`${placeholder}\`: ${what}`).join('\n');
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
    `## Which server, which token\n\n\`\`\`text\n${CONNECTION}\n\`\`\``,
    `## Exit codes\n\n\`\`\`text\n${exitCodes()}\n\`\`\``,
    `## Commands\n\nEvery command also takes\n\n${globalRows()}`,
  ];
  for (const entry of GROUPS) {
    const { commands } = await entry.load();
    parts.push(`## ${entry.name}\n\n${entry.summary}.`);
    parts.push(...commands.map((command) => section(command, entry.name, '###')));
  }
  parts.push('## Verbs of their own');
  for (const entry of SINGLES) parts.push(section(await entry.load(), '', '###'));
  return `${parts.join('\n\n')}\n`;
}
