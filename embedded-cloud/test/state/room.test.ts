/** A full disk: what a cloud has to write down even so, and what a start says. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { NoRoomError, startCloud } from '../../src/cloud.ts';
import { openDatabase, transaction } from '../../src/database.ts';
import { freeBytes, Reserve, useReserve } from '../../src/state/room.ts';
import { writeAssembly } from '../../test-kit/assembly.ts';
import { smallDisk } from '../../test-kit/small-disk.ts';
import { needs } from '../../test-kit/tools.ts';

const SCHEMA = 'CREATE TABLE IF NOT EXISTS entry (text TEXT NOT NULL)';
const LONG = 'x'.repeat(1024 * 1024);

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

describe('a transaction that finds the disk full', () => {
  test('fails with the reason, leaves nothing behind, and the next one works', () => {
    const folder = mkdtempSync(join(tmpdir(), 'full-database-'));
    folders.push(folder);
    const database = openDatabase(join(folder, 'logs'), SCHEMA, 'entries');
    const insert = database.prepare('INSERT INTO entry VALUES (?)');
    // As small as it is: SQLite says of more pages what it says of a full disk.
    database.exec('PRAGMA max_page_count = 8');

    const add = () =>
      transaction(database, () => {
        insert.run('short');
        insert.run(LONG);
      });

    expect(add).toThrow('database or disk is full');
    expect(() => insert.run(LONG)).toThrow('database or disk is full');
    transaction(database, () => insert.run('after'));
    expect(database.prepare('SELECT text FROM entry').all()).toEqual([{ text: 'after' }]);
    database.close();
  });
});

describe('the reserve', () => {
  function setUp() {
    const folder = mkdtempSync(join(tmpdir(), 'reserve-'));
    folders.push(folder);
    const said: string[] = [];
    return { folder, said, reserve: new Reserve(folder, (message) => said.push(message)) };
  }

  test('is whole or absent: half of one, which a killed cloud has left, is made anew', async () => {
    const { folder, reserve } = setUp();
    writeFileSync(join(folder, 'reserve.new'), 'half');

    await reserve.look();

    expect(readdirSync(folder)).toEqual(['reserve']);
    expect(statSync(join(folder, 'reserve')).size).toBeGreaterThan(1024 * 1024);
  });

  test('can be used while it is made, and is not there afterwards', async () => {
    const { folder, said, reserve } = setUp();
    const looking = reserve.look();
    while (!existsSync(join(folder, 'reserve.new'))) await turn();

    const used = useReserve(folder);
    await looking;

    expect(used).toBe(true);
    expect(readdirSync(folder)).toEqual([]);
    expect(said).toEqual([]);
  });

  test('that cannot be made is told, and not tried at every look', needs('/proc'), async () => {
    const { folder, said, reserve } = setUp();
    symlinkSync('/dev/full', join(folder, 'reserve.new'));

    await reserve.look();
    await reserve.look();

    expect(said).toEqual([
      expect.stringMatching(/not enough space for a reserve in .*ENOSPC.*will be retried in 10 minutes/),
    ]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('whose folder cannot be looked at is told once, and ends nothing', async () => {
    const { folder, said, reserve } = setUp();
    rmSync(folder, { recursive: true });

    await reserve.look();
    await reserve.look();

    expect(said).toEqual([expect.stringMatching(/reserve in .* cannot be looked after: .*ENOENT/)]);
    expect(useReserve(folder)).toBe(false);
  });
});

describe('a file system that does not tell its size', needs('/proc'), () => {
  test('is not taken for a full one', () => {
    expect(freeBytes('/proc')).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('on a full disk', needs('small disks'), () => {
  test('the cloud goes on writing with its reserve, which comes back when there is room', async () => {
    await using disk = await smallDisk(32);
    const said: string[] = [];
    const reserve = new Reserve(disk.folder, (message) => said.push(message));
    await reserve.look();
    const database = openDatabase(join(disk.folder, 'logs'), SCHEMA, 'entries');
    const insert = database.prepare('INSERT INTO entry VALUES (?)');
    const held = statSync(join(disk.folder, 'reserve')).size;
    fill(disk.folder);

    insert.run(LONG);
    transaction(database, () => insert.run(LONG));

    expect(held).toBe(4 * 1024 * 1024);
    expect(existsSync(join(disk.folder, 'reserve'))).toBe(false);
    rmSync(join(disk.folder, 'big'));
    await reserve.look();
    expect(existsSync(join(disk.folder, 'reserve'))).toBe(true);
    fill(disk.folder);
    await reserve.look();
    expect(said.join()).toMatch(/nearly full: .* make room/);
    database.close();
  });

  test('a start removes what killed builds have left, and without that says what it lacks', async () => {
    await using disk = await smallDisk(16);
    const stateDir = join(disk.folder, 'state');
    const left = join(stateDir, 'codebuild', 'builds', '0f0d');
    mkdirSync(left, { recursive: true });
    fill(left);
    const { assembly } = writeAssembly({ Resources: {} });
    const start = () => startCloud({ assembly, stateDir, services: [], log: () => undefined });

    const cloud = await start();
    await cloud.stop();
    const wasLeft = existsSync(left);
    fill(disk.folder);

    expect(wasLeft).toBe(false);
    await expect(start()).rejects.toThrow(NoRoomError);
    await expect(start()).rejects.toThrow(/is full: \d+ KB are free/);
  });
});

/** Leaves no byte. */
function fill(folder: string): void {
  const free = freeBytes(folder);
  try {
    writeFileSync(join(folder, 'big'), Buffer.alloc(free + 4096));
  } catch {
    // that was the aim
  }
}
