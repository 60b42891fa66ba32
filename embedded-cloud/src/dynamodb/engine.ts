/**
 * Runs a database behind the embedded DynamoDB, out of everybody else's reach where this machine can do that
 * (`isolated.ts`), else on a port of 127.0.0.1.
 */
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import { Agent } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { expectFile } from '../state/expected.ts';
import { EngineClient } from './engine-client.ts';
import { ConnectorAgent, PORT, spawnIsolated } from './isolated.ts';
import { endLeftOver, pidFile } from './left-over.ts';
import { chosenEngine, DATA_FILE, type EngineKind, engineCommand } from './programs.ts';
import { spawnTethered } from './tether.ts';

export interface Engine {
  readonly kind: EngineKind;
  /** Connections to the engine, for any DynamoDB client over HTTP with any credentials. */
  readonly agent: Agent;
  /** Whether only this process can connect to it. Otherwise every program of this machine can. */
  readonly isolated: boolean;
  /** Process id of the child that owns the engine, for tests that kill it. */
  readonly pid: number;
  /** Settles when the engine's process has ended, whatever the reason. */
  readonly exited: Promise<void>;
  /** Ends the engine and waits for its process. Repeatable. */
  stop(): Promise<void>;
}

export interface EngineOptions {
  readonly kind?: EngineKind | undefined;
  readonly dataDir: string;
  readonly log?: (message: string) => void;
}

/** 64 connections: more than one laptop's functions have calls in flight; beyond that they wait in line. */
const CONNECTIONS = 64;
/** A JVM on a busy machine has taken 20 s; a minute means that it will never come. */
const START_MS = 60_000;
/** Everything acknowledged is on disk, so an engine that lingers over its shutdown may be cut short. */
const STOP_MS = 3_000;

/** A child that should become an engine. */
interface Attempt extends Omit<Engine, 'kind' | 'pid'> {
  readonly child: ChildProcess;
  /** What it has written, the last of it. */
  output(): string;
}

/**
 * Starts an engine with its data in `dataDir`, and returns once it answers. It ends with this process, also when this
 * process is killed.
 * @throws Error when the engine cannot run on this machine or does not come up within a minute
 */
export async function startEngine({ kind = chosenEngine(), dataDir, log }: EngineOptions): Promise<Engine> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  await endLeftOver(dataDir);
  const deadline = Date.now() + START_MS;
  let attempt = isolated(kind, dataDir);
  while (!(await untilReady(attempt, deadline))) {
    await attempt.stop();
    const output = attempt.output();
    // Bubblewrap is not there, or may not make namespaces here.
    const unable = attempt.isolated && (attempt.child.pid === undefined || output.startsWith('bwrap:'));
    // Another program may have taken the port between the choice and the bind.
    const taken = !attempt.isolated && /in use|AddrInUse|BindException/i.test(output);
    if (Date.now() >= deadline || (!unable && !taken))
      throw new Error(
        `The DynamoDB engine "${kind}" did not start on ${dataDir}. Its last output: ${output.trim() || '(none)'}`,
      );
    log?.(unable ? `the engine is not isolated: ${output.trim()}` : 'its port was taken, trying another');
    attempt = onLoopback(kind, dataDir, await freePort());
  }
  const { child, stop } = attempt;
  expectData(kind, dataDir);
  return {
    ...{ ...attempt, kind, pid: child.pid ?? 0 },
    stop: () => stop().then(() => expectData(kind, dataDir)),
  };
}

/** DynamoDB Local makes its file with the first table only: then the stop marks it, or the next start. */
function expectData(kind: EngineKind, dataDir: string): void {
  const path = join(dataDir, DATA_FILE[kind]);
  if (statSync(path, { throwIfNoEntry: false })?.size) expectFile({ path, holds: 'the items of all tables' });
}

/** Settings of an engine: DynamoDB Local would report its use to Amazon. */
const environment = (): NodeJS.ProcessEnv => ({ ...process.env, DDB_LOCAL_TELEMETRY: '0' });

function isolated(kind: EngineKind, dataDir: string): Attempt {
  const child = spawnIsolated(engineCommand(kind, dataDir, PORT), environment());
  return observed(child, {
    agent: new ConnectorAgent(child, CONNECTIONS),
    isolated: true,
    ended: 'close',
    stop: () => child.connected && child.send({ stop: true }, () => undefined),
    kill: () => child.kill('SIGKILL'),
  });
}

function onLoopback(kind: EngineKind, dataDir: string, port: number): Attempt {
  const child = spawnTethered(engineCommand(kind, dataDir, port), pidFile(dataDir), environment());
  const letGo = () => child.stdio[3]?.destroy();
  const attempt = observed(child, {
    agent: new LoopbackAgent(port),
    isolated: false,
    // Should only the shell have ended, the engine still holds its output open.
    ended: 'exit',
    stop: () => child.kill('SIGTERM'),
    kill: letGo,
  });
  // Then its other half ends the engine; if that is gone too, we do.
  return { ...attempt, exited: attempt.exited.then(letGo).then(() => endLeftOver(dataDir)) };
}

class LoopbackAgent extends Agent {
  readonly #port: number;

  constructor(port: number) {
    super({ keepAlive: true, maxSockets: CONNECTIONS });
    this.#port = port;
  }

  override createConnection(): Socket {
    return connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

interface Holding {
  readonly agent: Agent;
  readonly isolated: boolean;
  /** The event by which the child is known to have ended. */
  readonly ended: 'exit' | 'close';
  /** Asks the engine to end. */
  stop(): void;
  /** Ends it. */
  kill(): void;
}

function observed(child: ChildProcess, { agent, isolated, ended, stop, kill }: Holding): Attempt {
  let output = '';
  const collect = (chunk: unknown) => {
    output = `${output}${chunk}`.slice(-2_000);
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  const exited = new Promise<void>((resolve) => {
    child.once(ended, () => resolve());
    child.once('error', (error) => {
      collect(error.message);
      if (child.pid === undefined) resolve();
    });
  });
  return {
    ...{ child, agent, isolated, exited },
    output: () => output,
    async stop() {
      stop();
      const killTimer = setTimeout(kill, STOP_MS);
      await exited;
      clearTimeout(killTimer);
      agent.destroy();
    },
  };
}

/** Waits until the engine answers a request; false when its process ended first. */
async function untilReady({ child, agent }: Attempt, deadline: number): Promise<boolean> {
  const client = new EngineClient(agent);
  const lives = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null;
  while (lives() && Date.now() < deadline) {
    const answer = await client.post('DynamoDB_20120810.ListTables', '{}').catch(() => undefined);
    if (answer?.status === 200) return true;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return false;
}
