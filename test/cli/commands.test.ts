/** Claims on the commands as wholes: their help, the routes that they reach, the reference. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Command } from '../../lib/cli/command/command.ts';
import { declare } from '../../lib/cli/command/option.ts';
import { GROUPS, SINGLES } from '../../lib/cli/commands.ts';
import { reference } from '../../lib/cli/help/reference.ts';
import { createProgram } from '../../lib/cli/program/program.ts';
import { type OperationId, ROUTES } from '../../lib/contract/routes.ts';
import { ZipFunction } from '../../lib/domain/target/lambda.ts';

const inGroups = await Promise.all(
  GROUPS.map(async ({ name, load }) =>
    (await load()).commands.map((command) => ({ words: [name, command.name], command })),
  ),
);
const alone = await Promise.all(
  SINGLES.map(async ({ load }) => {
    const command = await load();
    return { words: [command.name], command };
  }),
);
const commands = [...inGroups.flat(), ...alone];

async function helpOf(words: readonly string[]): Promise<string> {
  let program = await createProgram(words, () => {});
  for (const word of words) {
    const next = program.commands.find((command) => command.name() === word);
    if (next === undefined) throw new Error(`no command ${words.join(' ')}`);
    program = next;
  }
  let help = '';
  program.configureOutput({
    writeOut: (text) => {
      help += text;
    },
  });
  program.outputHelp();
  return help;
}

describe.each(commands.map(({ words, command }) => ({ name: words.join(' '), words, command })))(
  'staithe $name',
  ({ words, command }) => {
    test('explains itself with an example of its own', async () => {
      const help = await helpOf(words);

      expect(help).toContain(`Usage: staithe ${words.join(' ')}`);
      for (const example of command.examples) expect(help).toContain(`  ${example}`);
      expect(command.examples[0]).toContain(`staithe ${words.join(' ')}`);
      expect(help).toContain('--json');
    });

    test('has only examples whose options exist', () => {
      const flags = [...command.options.map((kind) => declare(kind).long), '--json', '--verbose', '--url'];
      for (const example of command.examples) {
        const used = example.match(/ --[a-z-]+/g) ?? [];
        for (const word of used) expect(flags).toContain(word.trim());
      }
    });
  },
);

/** Routes that are for a program and not for people at a terminal. */
const NOT_FOR_PEOPLE: Partial<Record<OperationId, string>> = {
  claimJob: 'the agent trades its ticket',
  reportProgress: 'the agent reports',
  createJobUpload: 'the agent uploads',
  readJobSecrets: 'the agent gets the secrets of its job',
  createRegistryToken: 'the agent asks for a credential of its repository',
  recordImage: 'the agent tells what it has pushed',
  restoreJobCaches: 'the agent looks for caches',
  saveJobCaches: 'the agent uploads caches',
  confirmJobCaches: 'the agent has uploaded caches',
  reportResult: 'the agent reports',
  uploadArtifact: 'whoever has no CLI posts a small file',
  getMultipart: 'a program looks at an upload; the CLI begins or resumes it, which tells the same',
};

test('every route is reached by a command, but those of the agent', () => {
  const reached = new Set(commands.flatMap(({ command }) => command.calls));

  const missing = Object.keys(ROUTES).filter((operation) => !reached.has(operation as OperationId));

  expect(missing.sort()).toEqual(Object.keys(NOT_FOR_PEOPLE).sort());
});

const choicesOf = (command: Command | undefined, flag: string) =>
  command?.options.map(declare).find((option) => option.long === flag)?.argChoices;
const commandAt = (...words: string[]) =>
  commands.find((entry) => entry.words.join(' ') === words.join(' '))?.command;

test('the choices of options are those of the contract', () => {
  const set = commandAt('environment', 'set');

  expect(choicesOf(set, '--architecture')).toEqual(ZipFunction.shape.architecture.unwrap().options);
  expect(choicesOf(commandAt('build', 'list'), '--status')).toEqual(
    ROUTES.listBuilds.query.status.unwrap().options,
  );
  expect(choicesOf(commandAt('delivery', 'list'), '--decision')).toEqual(
    ROUTES.listDeliveries.query.decision.unwrap().options,
  );
  expect(choicesOf(commandAt('token', 'create'), '--role')).toEqual(
    ROUTES.createToken.body.shape.role.unwrap().options,
  );
});

test('docs/cli.md is what `staithe help reference` prints', async () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'cli.md'), 'utf8');

  expect(page).toBe(await reference());
});

test('the reference has every option that all commands take', async () => {
  const page = await reference();

  const { options } = await createProgram([], () => {});
  for (const { flags } of options.filter(({ long }) => long !== '--version'))
    expect(page).toContain(`- \`${flags}\`: `);
  expect(page).toContain('- `-h, --help`: ');
});

test("the log of a function has Lambda's own lines, and not the build platform's", async () => {
  const help = await helpOf(['environment', 'logs']);

  expect(help).toMatch(/--platform +Include the lines of Lambda/);
});
