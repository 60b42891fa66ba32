import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { classify } from '../../lib/domain/diagnosis/classify.ts';
import { type Entry, readCorpus } from './corpus.ts';
import { diagnosed, type Score, scoresOf, tableOf } from './score.ts';

const CORPUS = readCorpus();
const names = (entries: readonly Entry[]): string[] => entries.map(({ name }) => name);
const DOCS = readFileSync(join(import.meta.dirname, '../../docs/diagnosis.md'), 'utf8');

/** The measured values, rounded down to a percent. Whoever changes a rule may raise them, and lowers them with a reason. */
const FLOORS = {
  development: {
    auth_error: { precision: 1, recall: 0.89 },
    build_error: { precision: 0.97, recall: 1 },
    clone_error: { precision: 1, recall: 1 },
    registry_error: { precision: 1, recall: 0.96 },
    resource_error: { precision: 1, recall: 0.94 },
    timeout_error: { precision: 1, recall: 1 },
    all: { precision: 0.98, recall: 0.98 },
  },
  held_out: {
    auth_error: { precision: 1, recall: 0.92 },
    build_error: { precision: 0.98, recall: 1 },
    clone_error: { precision: 0.9, recall: 1 },
    registry_error: { precision: 1, recall: 0.94 },
    resource_error: { precision: 1, recall: 1 },
    timeout_error: { precision: 1, recall: 1 },
    all: { precision: 0.98, recall: 0.98 },
  },
} as const satisfies Record<Entry['half'], Record<string, Pick<Score, 'precision' | 'recall'>>>;

describe.each(['development', 'held_out'] as const)('the half for %s', (half) => {
  const scores = scoresOf(CORPUS.filter((entry) => entry.half === half));

  test('reaches its precision and recall for every code, and the docs show them', () => {
    console.log(`diagnosis, ${half}:\n${tableOf(scores)}`);

    expect(scores.map(({ code }) => code)).toEqual(Object.keys(FLOORS[half]));
    for (const { code, precision, recall } of scores) {
      const floor: Pick<Score, 'precision' | 'recall'> = Reflect.get(FLOORS[half], code);
      expect.soft(precision, `precision of ${code}`).toBeGreaterThanOrEqual(floor.precision);
      expect.soft(recall, `recall of ${code}`).toBeGreaterThanOrEqual(floor.recall);
    }
    expect(DOCS).toContain(tableOf(scores));
  });
});

/** By what the name of a log begins with. */
const TOOLCHAINS = {
  JavaScript: ['node', 'npm', 'tsc', 'eslint', 'esbuild', 'webpack', 'vitest'],
  Python: ['python', 'pip', 'uv', 'pytest', 'mypy', 'ruff'],
  Go: ['go'],
  Rust: ['cargo'],
  Java: ['java', 'javac', 'maven'],
  'C and C++': ['gcc', 'cpp', 'make', 'cmake'],
  Erlang: ['erlc', 'rebar3'],
} as const;

/** Logs whose last lines are warnings: their headline is what a person would quote, mostly the first error. */
describe('a log that ends with warnings', () => {
  const noted = CORPUS.flatMap((entry) =>
    entry.headline === undefined ? [] : [{ entry, name: entry.name, headline: entry.headline }],
  );
  const isQuoted = ({ entry, headline }: (typeof noted)[number]) =>
    diagnosed(entry).message.includes(headline);

  test.each(noted.filter(({ entry }) => entry.half === 'development'))(
    'is quoted by its first error: $name',
    (one) => {
      expect(diagnosed(one.entry).message).toContain(one.headline);
    },
  );

  test('is there ten times of each toolchain, and the docs show how many are quoted well', () => {
    const table = Object.entries(TOOLCHAINS).map(([toolchain, tools]) => {
      const own = noted.filter(({ name }) => tools.some((tool) => name.startsWith(`${tool}-`)));
      const heldOut = own.filter(({ entry }) => entry.half === 'held_out');
      return {
        toolchain,
        logs: own.length,
        heldOut: heldOut.length,
        quoted: heldOut.filter(isQuoted).length,
      };
    });
    const rows = table.map(
      ({ toolchain, logs, heldOut, quoted }) => `| ${toolchain} | ${logs} | ${quoted} of ${heldOut} |`,
    );
    console.log(rows.join('\n'));

    for (const { toolchain, logs } of table) expect(logs, toolchain).toBeGreaterThanOrEqual(10);
    expect(DOCS).toContain(rows.join('\n'));
  });
});

describe('the corpus', () => {
  test('has real logs of many tools, many of them other than build errors', () => {
    expect(CORPUS.length).toBeGreaterThanOrEqual(425);
    expect(CORPUS.filter(({ label }) => label !== 'build_error').length).toBeGreaterThan(150);
    const tools = new Set(CORPUS.map(({ name }) => name.split('-')[0]));
    for (const tool of 'npm pnpm yarn cargo go maven pip rebar3 docker buildkit buildah git gcc make'.split(
      ' ',
    ))
      expect(tools).toContain(tool);
  });

  test('tells nothing of the machine that it was made on, and keeps to 200 lines', () => {
    const telling = CORPUS.filter(({ command, lines }) =>
      [command, ...lines].some((line) => /127\.0\.0\.1|\/tmp\/corpus-|localhost:\d/.test(line)),
    );

    expect(names(telling)).toEqual([]);
    expect(names(CORPUS.filter(({ lines }) => lines.length > 200))).toEqual([]);
  });
});

describe('a diagnosis of the corpus', () => {
  test('names the step of the Dockerfile that failed', () => {
    const images = CORPUS.filter(({ stage }) => stage !== undefined);

    expect(images.length).toBeGreaterThan(30);
    expect(images.map(({ name, stage }) => [name, stage])).toEqual(
      images.map((entry) => [entry.name, diagnosed(entry).stage]),
    );
  });

  test('is not misled by words and numbers of other failures', () => {
    const adversarial = CORPUS.filter((entry) => entry.adversarial);

    expect(adversarial.length).toBeGreaterThan(20);
    expect(names(adversarial.filter((entry) => diagnosed(entry).code !== 'build_error'))).toEqual([]);
  });

  test('always has a hint and a short message', () => {
    const poor = CORPUS.filter((entry) => {
      const { message, hint } = diagnosed(entry);
      return message.length > 1000 || !/^\S.{10,}[.?`\w]$/s.test(hint);
    });

    expect(names(poor)).toEqual([]);
  });

  // Whatever stands in quotes, or is printed by a test, is text: with something before it, it is somebody else's message.
  test('does not come from a log that is only quoted', () => {
    const misled = CORPUS.filter(({ lines }) => {
      const quoted = lines.map((line) => `  expected message: "${line}"`);
      const facts = { phase: 'command', exit_code: 1, command: 'npm test', last_lines: quoted } as const;
      return classify(facts).code !== 'build_error';
    });

    expect(names(misled)).toEqual([]);
  });
});
