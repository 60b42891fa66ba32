/** What one command of the CLI is: declared once, read by the program, its help, the reference and the tests. */
import type { OperationId } from '../contract/routes.ts';
import type { Api } from './api.ts';
import type { Connection } from './connection/find.ts';
import { type Failure, usageFailure } from './failure.ts';
import { declare, type OptionKind, type OptionKinds, type ValuesOf } from './option.ts';
import type { Terminal } from './terminal/terminal.ts';

/** What a command has to say: one JSON document for programs, or text for people. */
export interface Result {
  readonly json: unknown;
  readonly text: string;
  /** Said on stderr after the text, when people read: what to try next. */
  readonly notes?: readonly string[];
}

/** The end of a command that another program has carried out in this terminal: it has said all there is to say. */
export interface Elsewhere {
  readonly exitCode: number;
}

/** What every command is given beside its own arguments and options. */
export interface Session<Op extends OperationId = OperationId> {
  readonly api: Api<Op>;
  readonly terminal: Terminal;
  /** Where the API is and which token it gets. @throws Failure when none is known */
  connection(): Connection;
  /** The `--url` of this invocation. */
  readonly urlFlag: string | undefined;
  /** The `--verbose` of this invocation. */
  readonly verbose: boolean;
}

type Args = Readonly<Record<string, string>>;

interface CommandSpec<A extends Args, O extends OptionKinds, Op extends OperationId> {
  readonly name: string;
  readonly alias?: string;
  readonly summary: string;
  /** Further paragraphs of the help. */
  readonly details?: string;
  /** Positional arguments in their order, each with what it is. */
  readonly args?: A;
  /** Those of them, at the end, that may be left out; they are '' then. */
  readonly optionalArgs?: readonly (keyof A & string)[];
  readonly options?: O;
  /** What to say, and what to do next, when more words follow: for commands where that is a likely mistake. */
  readonly onExcess?: readonly [detail: string, next: string];
  readonly examples: readonly [string, ...string[]];
  /** The routes that it calls; the types let it call no others. */
  readonly calls: readonly Op[];
  run(
    given: { readonly args: { readonly [Name in keyof A]: string }; readonly options: ValuesOf<O> },
    session: Session<Op>,
  ): Promise<Result | Elsewhere | undefined>;
}

/** A command as the program sees it, its own types put away. */
export interface Command {
  readonly name: string;
  readonly alias?: string | undefined;
  readonly summary: string;
  readonly details: string;
  /** `<name>`, or `[name]` when it may be left out. */
  readonly args: readonly (readonly [placeholder: string, what: string])[];
  readonly options: readonly OptionKind<unknown>[];
  readonly onExcess: readonly [detail: string, next: string] | undefined;
  readonly examples: readonly string[];
  readonly calls: readonly OperationId[];
  execute(
    args: readonly string[],
    options: Readonly<Record<string, unknown>>,
    session: Session,
  ): Promise<Result | Elsewhere | undefined>;
}

/** The commands of one noun. Its summary stands in groups.ts, which is read without loading the commands. */
export interface CommandGroup {
  readonly name: string;
  readonly commands: readonly Command[];
}

const isMissing = (kind: OptionKind<unknown>, given: unknown): boolean =>
  kind.required === true && (given === undefined || given === '');

/** What was given for an option. @throws Failure usage, when it is required, absent, and nothing else may tell it */
function givenFor(kind: OptionKind<unknown>, collected: Readonly<Record<string, unknown>>): unknown {
  const given = collected[declare(kind).attributeName()];
  if (isMissing(kind, given) && kind.fallback === undefined) throw missing(kind);
  return given;
}

function missing(kind: OptionKind<unknown>): Failure {
  const { envVar } = declare(kind);
  const unbound = kind.fallback === undefined ? '' : ', and the token is bound to no project';
  return usageFailure(
    `${kind.flags} is missing${unbound}.`,
    `Give ${kind.flags}${envVar === undefined ? '' : `, or set ${envVar}`}.`,
  );
}

/** @throws Failure usage, when it is required and neither given nor known by its fallback */
async function readOption(kind: OptionKind<unknown>, given: unknown, session: Session): Promise<unknown> {
  if (!isMissing(kind, given)) return kind.read(given);
  const known = await kind.fallback?.(session.api);
  if (known === undefined) throw missing(kind);
  return kind.read(known);
}

/**
 * Declares a command.
 * @example export const show = command({ name: 'show', args: { run: 'id of the run (run_…)' }, calls: ['getRun'], … })
 */
export function command<const A extends Args, const O extends OptionKinds, const Op extends OperationId>(
  spec: CommandSpec<A, O, Op>,
): Command {
  const argNames = Object.keys(spec.args ?? {});
  const kinds = Object.entries(spec.options ?? {});
  return {
    name: spec.name,
    alias: spec.alias,
    summary: spec.summary,
    details: spec.details ?? '',
    args: Object.entries(spec.args ?? {}).map(([name, what]) => [
      spec.optionalArgs?.includes(name) ? `[${name}]` : `<${name}>`,
      what,
    ]),
    options: kinds.map(([, kind]) => kind),
    onExcess: spec.onExcess,
    examples: spec.examples,
    calls: spec.calls,
    execute: async (words, collected, session) => {
      const args = Object.fromEntries(argNames.map((name, at) => [name, words[at] ?? '']));
      // All that can be told without a request is told first.
      const given = kinds.map(([name, kind]) => [name, kind, givenFor(kind, collected)] as const);
      const options: Record<string, unknown> = {};
      for (const [name, kind, value] of given) options[name] = await readOption(kind, value, session);
      // The two objects were built from the very keys that A and O have; TypeScript cannot follow Object.fromEntries.
      return spec.run({ args: args as never, options: options as never }, session);
    },
  };
}
