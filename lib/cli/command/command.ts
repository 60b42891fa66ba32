/** The declaration of a command; the program, its help, the reference and the tests read it. */
import type { OperationId } from '../../contract/routes.ts';
import type { Api } from '../api/api.ts';
import type { Connection } from '../connection/find.ts';
import { type Failure, usageFailure } from '../failure/failure.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { declare, type OptionKind, type OptionKinds, type ValuesOf } from './option.ts';

/** The output of a command: one JSON document for programs, or text for people. */
export interface Result {
  readonly json: unknown;
  readonly text: string;
  /** Printed on stderr after the text, for people: what to do next. */
  readonly notes?: readonly string[];
}

/** The end of a command that ran another program in this terminal, which has printed everything. */
export interface Delegated {
  readonly exitCode: number;
}

/** What every command gets beside its own arguments and options. */
export interface Session<Op extends OperationId = OperationId> {
  readonly api: Api<Op>;
  readonly terminal: Terminal;
  /** The server and its token. @throws Failure when no server is configured */
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
  /** Positional arguments in their order, each with its description. */
  readonly args?: A;
  /** Optional ones, at the end; '' when absent. */
  readonly optionalArgs?: readonly (keyof A & string)[];
  readonly options?: O;
  /** The error for excess arguments, for commands where they are a likely mistake. */
  readonly onExcess?: readonly [detail: string, next: string];
  readonly examples: readonly [string, ...string[]];
  /** The routes that it calls; the types allow no others. */
  readonly calls: readonly Op[];
  run(
    input: { readonly args: { readonly [Name in keyof A]: string }; readonly options: ValuesOf<O> },
    session: Session<Op>,
  ): Promise<Result | Delegated | undefined>;
}

/** A command without its own types, as the program uses it. */
export interface Command {
  readonly name: string;
  readonly alias?: string | undefined;
  readonly summary: string;
  readonly details: string;
  /** `<name>`, or `[name]` when optional. */
  readonly args: readonly (readonly [placeholder: string, description: string])[];
  readonly options: readonly OptionKind<unknown>[];
  readonly onExcess: readonly [detail: string, next: string] | undefined;
  readonly examples: readonly string[];
  readonly calls: readonly OperationId[];
  execute(
    args: readonly string[],
    options: Readonly<Record<string, unknown>>,
    session: Session,
  ): Promise<Result | Delegated | undefined>;
}

/** The commands of one noun. Its summary is in commands.ts, which does not load the commands. */
export interface CommandGroup {
  readonly name: string;
  readonly commands: readonly Command[];
}

const isMissing = (kind: OptionKind<unknown>, input: unknown): boolean =>
  kind.required === true && (input === undefined || input === '');

/** The value on the command line. @throws Failure usage: required, absent, and without a fallback */
function inputFor(kind: OptionKind<unknown>, collected: Readonly<Record<string, unknown>>): unknown {
  const input = collected[declare(kind).attributeName()];
  if (isMissing(kind, input) && kind.fallback === undefined) throw missing(kind);
  return input;
}

function missing(kind: OptionKind<unknown>): Failure {
  const { envVar } = declare(kind);
  const unbound = kind.fallback === undefined ? '' : ', and the token is not bound to a project';
  return usageFailure(
    `Required option ${kind.flags} is missing${unbound}.`,
    `Add ${kind.flags}${envVar === undefined ? '' : `, or set ${envVar}`}.`,
  );
}

/** @throws Failure usage: required, absent, and unknown to its fallback */
async function readOption(kind: OptionKind<unknown>, input: unknown, session: Session): Promise<unknown> {
  if (!isMissing(kind, input)) return kind.read(input);
  const value = await kind.fallback?.(session.api);
  if (value === undefined) throw missing(kind);
  return kind.read(value);
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
      // Errors that need no request come first.
      const input = kinds.map(([name, kind]) => [name, kind, inputFor(kind, collected)] as const);
      const options: Record<string, unknown> = {};
      for (const [name, kind, value] of input) options[name] = await readOption(kind, value, session);
      // The two objects were built from the very keys that A and O have; TypeScript cannot follow Object.fromEntries.
      return spec.run({ args: args as never, options: options as never }, session);
    },
  };
}
