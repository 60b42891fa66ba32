/** Running one command: its session, its output, and the message when it is interrupted. */
import { createApi } from '../api/api.ts';
import { failureOf } from '../api/failure-of.ts';
import type { Command, Session } from '../command/command.ts';
import { type Connection, findConnection } from '../connection/find.ts';
import { EXIT } from '../failure/exit-codes.ts';
import { jsonText } from '../terminal/json.ts';
import { report } from '../terminal/report.ts';
import { noteDim } from '../terminal/style.ts';
import { createTerminal, type Terminal } from '../terminal/terminal.ts';

interface GlobalOptions {
  readonly json: boolean;
  readonly verbose: boolean;
  readonly url: string | undefined;
}

interface OpenSession {
  readonly session: Session;
  /** The connection, if the command has resolved it. */
  readonly resolved: () => Connection | undefined;
}

function openSession(globals: GlobalOptions, terminal: Terminal): OpenSession {
  const log = (line: string) => {
    if (globals.verbose) terminal.note(noteDim(line));
  };
  let connection: Connection | undefined;
  const connect = () => {
    if (connection === undefined) {
      connection = findConnection(globals.url);
      log(`Server ${connection.url} (${connection.origin})`);
      if (connection.url.startsWith('http:') && !connection.local && connection.token !== undefined)
        terminal.note('warning: the token is sent unencrypted over http');
    }
    return connection;
  };
  const session = {
    api: createApi(connect, log),
    terminal,
    connection: connect,
    urlFlag: globals.url,
    verbose: globals.verbose,
  };
  return { session, resolved: () => connection };
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

/** Runs the command and prints its result. @returns the exit code */
export async function invoke(
  command: Command,
  args: readonly string[],
  options: Readonly<Record<string, unknown>>,
  globals: GlobalOptions,
): Promise<number> {
  const terminal = createTerminal(globals.json);
  watchSignals(terminal);
  const { session, resolved } = openSession(globals, terminal);
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
    const failure = await failureOf(error, resolved());
    // With exit code 6 the followed build or deployment has ended; any other error ended only the following.
    if (failure.exitCode !== EXIT.failed) terminal.interrupted();
    return report(failure, globals);
  }
}
