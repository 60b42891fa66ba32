/** Each file of a stopped cloud's state in turn: lost, emptied, cut short, zeroed, overwritten. */

import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type RunningCloud, startCloud } from '../../src/cloud.ts';
import { chosenEngine, DATA_FILE } from '../../src/dynamodb/programs.ts';
import { backUp } from '../../src/state/backup.ts';
import { restoreState, StateError } from '../../src/state/check.ts';
import { type TemporaryAssembly, writeAssembly } from '../../test-kit/assembly.ts';
import { has, needs } from '../../test-kit/tools.ts';
import { CONTENTS, contents, settings, TEMPLATE } from './things.ts';

const ITEMS = `dynamodb/${DATA_FILE[chosenEngine()]}`;

const CAN_RUN = has(chosenEngine());

let folder: TemporaryAssembly;

/** State as a cloud left it that has an item, an object and a secret, and backups from its stop. */
let whole: string;

let stateDir: string;

const clouds: RunningCloud[] = [];

async function start(): Promise<RunningCloud> {
  const cloud = await startCloud({ assembly: folder.assembly, stateDir, log: () => undefined });
  clouds.push(cloud);
  return cloud;
}

beforeAll(async () => {
  if (!CAN_RUN) return;
  folder = writeAssembly({ App: TEMPLATE });
  whole = join(dirname(folder.stateDir), 'whole');
  stateDir = folder.stateDir;
  const cloud = await start();
  await new DynamoDBClient(settings(cloud)).send(
    new PutItemCommand({ TableName: 'things', Item: { pk: { S: 'a' } } }),
  );
  await new S3Client(settings(cloud)).send(
    new PutObjectCommand({ Bucket: 'things', Key: 'b', Body: 'bytes' }),
  );
  await new SecretsManagerClient(settings(cloud)).send(
    new CreateSecretCommand({ Name: 'c', SecretString: 'secret' }),
  );
  await cloud.stop();
  cpSync(stateDir, whole, { recursive: true, preserveTimestamps: true });
});

afterEach(async () => {
  if (!CAN_RUN) return;
  for (const cloud of clouds.splice(0)) await cloud.stop();
  rmSync(stateDir, { recursive: true, force: true });
  cpSync(whole, stateDir, { recursive: true, preserveTimestamps: true });
});

afterAll(() => folder?.[Symbol.dispose]());

/** Files of the services, without marks, and without bytes of objects, which are not state of the cloud's own. */
const stateFiles = (): string[] =>
  readdirSync(whole, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.expected'))
    .map((entry) => relative(whole, join(entry.parentPath, entry.name)))
    .filter((file) => file.includes('/') && !/^backup\/|\/(blobs|code)\//.test(file));

const DAMAGES: Record<string, (path: string) => void> = {
  removed: (path) => rmSync(path),
  emptied: (path) => truncateSync(path, 0),
  'cut in half': (path) => truncateSync(path, statSync(path).size / 2),
  zeroed: (path) => writeFileSync(path, Buffer.alloc(statSync(path).size)),
  'overwritten with garbage': (path) => writeFileSync(path, Buffer.alloc(statSync(path).size, 'garbage ')),
  'overwritten in the middle': (path) => {
    const bytes = readFileSync(path);
    // From the second page of a database on; a key is smaller.
    bytes.fill('garbage ', bytes.length > 8192 ? 4096 : bytes.length / 2);
    writeFileSync(path, bytes);
  },
};

describe('state that is not whole', needs(chosenEngine()), () => {
  test('is refused whichever file it is and whatever happened to it, with the name of the file', async () => {
    const silent: string[] = [];

    for (const file of stateFiles())
      for (const [what, damage] of Object.entries(DAMAGES)) {
        const path = join(stateDir, file);
        damage(path);
        const refused = await start().then(
          () => undefined,
          (error: unknown) => error,
        );
        const named = refused instanceof StateError && refused.message.includes(path);
        if (!named) silent.push(`${file} ${what}: ${refused ?? 'started'}`);
        for (const cloud of clouds.splice(0)) await cloud.stop();
        cpSync(join(whole, file), path, { preserveTimestamps: true });
      }

    expect(silent).toEqual([]);
    expect(stateFiles()).toEqual(expect.arrayContaining([ITEMS, 's3/state.sqlite', 'iam/master.key']));
  });

  test('is put back from its backups, all that is damaged and nothing else, and the damaged files are kept', async () => {
    const files = [ITEMS, 's3/state.sqlite', 'secretsmanager/key'];
    for (const [index, damage] of [DAMAGES.emptied, DAMAGES.zeroed, DAMAGES.removed].entries())
      damage?.(join(stateDir, files[index] ?? ''));

    const restored = restoreState(stateDir);

    expect(restored.map(({ path }) => relative(stateDir, path)).sort()).toEqual(files);
    expect(readdirSync(join(stateDir, 's3'))).toContainEqual(
      expect.stringMatching(/^state\.sqlite\.damaged-/),
    );
    expect(await contents(await start())).toEqual(CONTENTS);
  });

  test('without a backup is refused, and nothing is changed', () => {
    rmSync(join(stateDir, 'backup'), { recursive: true });
    const path = join(stateDir, 'events', 'state.sqlite');
    truncateSync(path, 0);

    const restoring = () => restoreState(stateDir);

    expect(restoring).toThrow(/no backup.*events.*remove the folder/s);
    expect(statSync(path).size).toBe(0);
  });

  test('is begun anew for a service whose whole folder was removed', async () => {
    rmSync(join(stateDir, 'events'), { recursive: true });

    const cloud = await start();

    expect(await contents(cloud)).toEqual(CONTENTS);
  });

  test('is refused when folders of bytes are lost', async () => {
    rmSync(join(stateDir, 's3', 'blobs'), { recursive: true });

    const starting = start();

    await expect(starting).rejects.toThrow(/s3\/blobs is missing.*the bytes of all objects/s);
  });

  test('is no matter for what can be made again: marks and ports', async () => {
    for (const name of readdirSync(stateDir, { recursive: true, encoding: 'utf8' }))
      if (name.endsWith('.expected')) truncateSync(join(stateDir, name), 0);
    writeFileSync(join(stateDir, 'ports.json'), '{"gate');

    const cloud = await start();

    expect(await contents(cloud)).toEqual(CONTENTS);
  });

  test('names the lock file when that is what is wrong', async () => {
    writeFileSync(join(stateDir, 'lock.sqlite'), Buffer.alloc(4096, 'garbage '));

    const starting = start();

    await expect(starting).rejects.toThrow(/lock\.sqlite is damaged.*remove the file/s);
  });
});

describe('a state folder', needs(chosenEngine()), () => {
  test('can be read by its owner only, from the next start on if it could be before', async () => {
    chmodSync(stateDir, 0o755);

    await start();

    const open = ['', ...stateFiles()].filter((file) => statSync(join(stateDir, file)).mode & 0o077);
    expect(open).toEqual([]);
  });

  test(
    'is backed up while the cloud runs, with all that was acknowledged before',
    // DynamoDB Local's is copied at a stop only.
    needs('dynoxide'),
    async () => {
      const cloud = await start();
      await new DynamoDBClient(settings(cloud)).send(
        new PutItemCommand({ TableName: 'things', Item: { pk: { S: 'a' }, now: { BOOL: true } } }),
      );

      await backUp({ path: join(stateDir, ITEMS), holds: 'items' }, false);

      const copy = readFileSync(join(stateDir, 'backup', `${ITEMS}.recent`));
      await cloud.stop();
      writeFileSync(join(stateDir, ITEMS), copy);
      expect((await contents(await start()))[0]).toEqual({ pk: { S: 'a' }, now: { BOOL: true } });
    },
  );

  test('keeps the backup of an earlier day when a newer one is made', async () => {
    const daily = join(stateDir, 'backup', `${ITEMS}.daily`);
    const cloud = await start();
    await new DynamoDBClient(settings(cloud)).send(
      new PutItemCommand({ TableName: 'things', Item: { pk: { S: 'new' } } }),
    );

    await cloud.stop();

    expect(existsSync(daily)).toBe(true);
    expect(readFileSync(daily)).toEqual(readFileSync(join(whole, 'backup', `${ITEMS}.recent`)));
    expect(readFileSync(daily.replace('daily', 'recent'))).toEqual(readFileSync(join(stateDir, ITEMS)));
  });
});
