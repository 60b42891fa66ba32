/** Carrying out one command: its session, its result, and what the user is told when it is interrupted. */

import { createApi } from './api.ts';
import type { Command, Session } from './command.ts';
import { type Connection, findConnection } from './connection/find.ts';
import { EXIT } from './exit-codes.ts';
import { failureOf, report } from './report.ts';
import { jsonText } from './terminal/json.ts';
import { noteDim } from './terminal/style.ts';
import { createTerminal, type Terminal } from './terminal/terminal.ts';

interface GlobalOptions {
  readonly json: boolean;
  readonly verbose: boolean;
  readonly url: string | undefined;
}

interface Open {
  readonly session: Session;
  /** The connection, when it was asked for so far. */
  readonly used: () => Connection | undefined;
}

function openSession(globals: GlobalOptions, terminal: Terminal): Open {
  const tell = (line: string) => {
    if (globals.verbose) terminal.note(noteDim(line));
  };
  let connection: Connection | undefined;
  const connect = () => {
    if (connection === undefined) {
      connection = findConnection(globals.url);
      tell(`server ${connection.url} (${connection.origin})`);
      if (connection.url.startsWith('http:') && !connection.local && connection.token !== undefined)
        terminal.note('warning: the token is sent over plain http');
    }
    return connection;
  };
  const session = {
    api: createApi(connect, tell),
    terminal,
    connection: connect,
    urlFlag: globals.url,
    verbose: globals.verbose,
  };
  return { session, used: () => connection };
}

/** Exit codes of processes that a signal ended, as shells give them: 128 and the signal's number. */
const SIGNALS = { SIGHUP: 129, SIGINT: EXIT.interrupted, SIGTERM: 143 } as const;

function watchSignals(terminal: Terminal): void {
  for (const [signal, code] of Object.entries(SIGNALS))
    process.once(signal, () => {
      terminal.interrupted();
      process.exit(code);
    });
}

/** Runs the command and says its result. @returns the exit code */
export async function invoke(
  command: Command,
  args: readonly string[],
  options: Readonly<Record<string, unknown>>,
  globals: GlobalOptions,
): Promise<number> {
  const terminal = createTerminal(globals.json);
  watchSignals(terminal);
  const { session, used } = openSession(globals, terminal);
  try {
    const result = await command.execute(args, options, session);
    terminal.done();
    if (result === undefined) return EXIT.ok;
    if ('exitCode' in result) return result.exitCode;
    if (globals.json) terminal.print(jsonText(result.json, 2));
    else if (result.text !== '') terminal.print(result.text);
    for (const line of result.notes ?? []) terminal.note(line);
    return EXIT.ok;
  } catch (error) {
    terminal.done();
    const failure = await failureOf(error, used());
    // Exit code 6 is the end of what was followed; anything else ended only the following.
    if (failure.exitCode !== EXIT.failed) terminal.interrupted();
    return report(failure, globals);
  }
}
