import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Engine, startEngine } from '../../src/dynamodb/engine.ts';
import { EngineClient } from '../../src/dynamodb/engine-client.ts';
import { DATA_FILE, type EngineKind, engineCommand } from '../../src/dynamodb/programs.ts';
import { SettingError } from '../../src/setting-error.ts';
import { eventually } from '../../test-kit/patience.ts';
import { processesWith } from '../../test-kit/processes.ts';
import { has, needs } from '../../test-kit/tools.ts';
import {
  connectorProcess,
  engineProcess,
  keepers,
  portsThatShow,
  withoutBubblewrap,
} from './engine-processes.ts';

const KINDS: readonly EngineKind[] = ['dynoxide', 'dynamodb-local'];

const href = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
/** A program that starts an engine, makes a table of the folder's name, writes for ever, and says what was acknowledged. */
const OWNER = `
  const { startEngine } = await import(${href('../../src/dynamodb/engine.ts')});
  const { EngineClient } = await import(${href('../../src/dynamodb/engine-client.ts')});
  const [, kind, dataDir, TableName] = process.argv;
  const client = new EngineClient((await startEngine({ kind, dataDir })).agent);
  const post = (action, body) => client.post('DynamoDB_20120810.' + action, JSON.stringify({ TableName, ...body }));
  await post('CreateTable', ${JSON.stringify({
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    BillingMode: 'PAY_PER_REQUEST',
  })});
  for (let number = 0; ; number++) {
    const { status } = await post('PutItem', { Item: { pk: { S: String(number) } } }).catch(() => process.exit());
    if (status === 200) console.log(number);
  }
`;

const STRIKES: [string, (child: ChildProcess) => void][] = [
  ['its owner', (child) => void child.kill('SIGKILL')],
  ['the engine', () => kill(engineProcess(folder))],
  ['its connector', () => kill(connectorProcess(folder))],
  ['both', () => [engineProcess(folder), connectorProcess(folder)].forEach(kill)],
  ['what holds them', () => keepers(folder).forEach(kill)],
];

let folder: string;
let table: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'engine-'));
  table = basename(folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const gone = () => eventually(() => expect(processesWith(folder)).toEqual([]));

async function started(kind: EngineKind): Promise<Engine> {
  const engine = await startEngine({ kind, dataDir: folder });
  onTestFinished(() => engine.stop());
  return engine;
}

/** A program with an engine, and what has been acknowledged to it. */
async function owner(kind: EngineKind): Promise<{ process: ChildProcess; acknowledged: string[] }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', OWNER, kind, folder, table], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const acknowledged: string[] = [];
  createInterface(child.stdout).on('line', (number) => acknowledged.push(number));
  await eventually(() => expect(acknowledged.length).toBeGreaterThan(50));
  return { process: child, acknowledged };
}

test('a jar that is not where the setting says is refused by its name, and only where the jar would run', () => {
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv('EMBEDDED_CLOUD_DYNAMODB_LOCAL_JAR', '/nowhere/DynamoDBLocal.jar');
  const commandOf = (kind: EngineKind) => () => engineCommand(kind, folder, 1);

  expect(commandOf('dynamodb-local')).toThrow(SettingError);
  expect(commandOf('dynamodb-local')).toThrow(
    /EMBEDDED_CLOUD_DYNAMODB_LOCAL_JAR is '\/nowhere\/DynamoDBLocal.jar'. File not found/,
  );
  expect(commandOf('dynoxide')).not.toThrow(SettingError);
});

test('a jar that is not where the setting says stops the start of its engine', async () => {
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv('EMBEDDED_CLOUD_DYNAMODB_LOCAL_JAR', '/nowhere/DynamoDBLocal.jar');
  vi.stubEnv('EMBEDDED_CLOUD_DYNAMODB_ENGINE', 'dynamodb-local');

  await expect(startEngine({ dataDir: folder })).rejects.toThrow(SettingError);
});

for (const kind of KINDS)
  describe(`the ${kind} engine`, needs(kind), () => {
    /** The ways to end it are the same for both, and a JVM takes seconds to start: it has the most usual one. */
    const many = kind === 'dynoxide';

    describe('in a network of its own', needs('bubblewrap'), () => {
      test('answers on no port of this machine, and keeps its data from other users', async () => {
        await owner(kind);

        const ports = await portsThatShow(table);

        expect(ports).toEqual([]);
        expect(statSync(join(folder, DATA_FILE[kind])).mode & 0o077).toBe(0);
      });

      test.each(many ? STRIKES : STRIKES.slice(0, 1))(
        'ends whole when kill -9 hits %s, and loses nothing that was acknowledged',
        async (_what, strike) => {
          const { process: child, acknowledged } = await owner(kind);

          strike(child);

          await gone();
          const kept = await scanAll(await started(kind));
          expect(acknowledged.filter((number) => !kept.has(number))).toEqual([]);
        },
      );
    });

    if (many)
      describe('where bubblewrap cannot isolate it', needs('/proc'), () => {
        test('runs on loopback, and says so', async () => {
          withoutBubblewrap();
          const log = vi.fn();

          const engine = await startEngine({ kind, dataDir: folder, log });

          expect(engine.isolated).toBe(false);
          expect(log).toHaveBeenCalledWith(expect.stringContaining('not isolated'));
          await engine.stop();
        });

        test('can be reached on a port, which is why it is not the first choice', async () => {
          withoutBubblewrap();
          await owner(kind);

          const ports = await portsThatShow(table);

          expect(ports).toHaveLength(1);
        });

        test('ends with its owner, and loses nothing that was acknowledged', async () => {
          withoutBubblewrap();
          const { process: child, acknowledged } = await owner(kind);

          child.kill('SIGKILL');

          await gone();
          const kept = await scanAll(await started(kind));
          expect(acknowledged.filter((number) => !kept.has(number))).toEqual([]);
        });

        test('ends when the tether that held it is killed', async () => {
          withoutBubblewrap();
          const engine = await startEngine({ kind, dataDir: folder });

          keepers(folder).forEach(kill);

          await engine.exited;
          expect(processesWith(folder)).toEqual([]);
        });

        test('is ended by the next start when its owner and its tether were killed', async () => {
          withoutBubblewrap();
          const { process: child } = await owner(kind);
          const leftOver = engineProcess(folder);
          process.kill(child.pid ?? 0, 'SIGSTOP'); // so that it cannot see its tether end
          keepers(folder).forEach(kill);
          child.kill('SIGKILL');

          await started(kind);

          expect(engineProcess(folder)).not.toBe(leftOver);
        });
      });

    test('ends when it is stopped', async () => {
      const engine = await startEngine({ kind, dataDir: folder });

      await engine.stop();

      await expect(
        new EngineClient(engine.agent).post('DynamoDB_20120810.ListTables', '{}'),
      ).rejects.toThrow();
      expect(has('/proc') ? processesWith(folder) : []).toEqual([]);
    });
  });

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has gone with the one before.
  }
}

async function scanAll({ agent }: Engine): Promise<Set<string>> {
  const client = new EngineClient(agent);
  const found = new Set<string>();
  let from: unknown;
  do {
    const page = await client.post(
      'DynamoDB_20120810.Scan',
      JSON.stringify({ TableName: table, ...(from ? { ExclusiveStartKey: from } : {}) }),
    );
    const { Items, LastEvaluatedKey } = JSON.parse(page.text);
    for (const item of Items) found.add(item.pk.S);
    from = LastEvaluatedKey;
  } while (from);
  return found;
}
