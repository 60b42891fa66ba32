/** The shell commands of the documentation, each with where it stands. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface ShellBlock {
  readonly page: string;
  /** Of its first command. */
  readonly line: number;
  readonly code: string;
}

/** Every ```sh block of a page, in order; blocks of a list without its indent. */
export function shellBlocksOf(root: string, page: string): ShellBlock[] {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/^( *)```(?:sh|bash|shell)\n([\s\S]*?)^\1```$/gm)].map((match) => ({
    page,
    line: text.slice(0, match.index).split('\n').length + 1,
    code: (match[2] ?? '').replaceAll(new RegExp(`^${match[1] ?? ''}`, 'gm'), ''),
  }));
}

/** Pages whose commands a reader types. docs/cli.md's own part is its introduction: the rest are the examples of `--help`. */
export function pagesWithCommands(root: string): string[] {
  return globSync(['README.md', 'CONTRIBUTING.md', 'docs/*.md', 'examples/*/README.md'], {
    cwd: root,
  }).sort();
}

/** Of a block, the commands that cannot run in a test, with the reason. A rule that matches nothing any more is to go. */
export class Rules {
  readonly #rules: readonly (readonly [pattern: RegExp, reason: string])[];
  readonly #used = new Set<RegExp>();

  constructor(rules: readonly (readonly [pattern: RegExp, reason: string])[]) {
    this.#rules = rules;
  }

  matches(text: string): boolean {
    const rule = this.#rules.find(([pattern]) => pattern.test(text));
    if (rule !== undefined) this.#used.add(rule[0]);
    return rule !== undefined;
  }

  unused(): string[] {
    return this.#rules.filter(([pattern]) => !this.#used.has(pattern)).map(([pattern]) => String(pattern));
  }
}
