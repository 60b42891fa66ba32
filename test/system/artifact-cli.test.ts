/** Large artifacts through the CLI, as a process of its own that is killed on the way. */

import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  createReadStream,
  createWriteStream,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { eventually } from 'embedded-cloud/test-kit/patience.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { PART_BYTES } from '../../lib/domain/artifact/upload-schema.ts';
import { type Home, makeHome } from '../cli/process.ts';
import { newSlug } from './flow.ts';
import { type Staithe, sharedStaithe } from './server.ts';

const PROJECT = newSlug('large');
const SIZE = 250 * 1000 ** 2;
const PART_COUNT = Math.ceil(SIZE / PART_BYTES);

let staithe: Staithe;
let home: Home;
let file: string;
let digest: string;
beforeAll(async () => {
  staithe = await sharedStaithe();
  await staithe.client.call('createProject', { body: { slug: PROJECT } });
  home = makeHome(staithe.url);
  file = join(home.folder, 'disk.img');
  await writeRandom(file, SIZE);
  digest = `sha256:${await sha256Of(file)}`;
  writeFileSync(join(home.folder, 'small'), 'small');
});
afterAll(async () => {
  home[Symbol.dispose]();
  await staithe[Symbol.asyncDispose]();
});

async function writeRandom(path: string, size: number): Promise<void> {
  const out = createWriteStream(path);
  const block = randomBytes(1000 ** 2);
  for (let left = size; left > 0; left -= block.length) {
    block.writeUInt32BE(left); // no two blocks are alike
    if (!out.write(Buffer.from(block.subarray(0, Math.min(left, block.length))))) await once(out, 'drain');
  }
  out.end();
  await once(out, 'close');
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

const cli = {
  run: (args: string[]) => home.run(args, { env: env() }),
  start: (args: string[]) => home.start(args, { env: env() }),
};
const env = () => ({ STAITHE_TOKEN: staithe.adminToken, STAITHE_PROJECT: PROJECT });
const Uploaded = z.object({
  uploaded: z.boolean(),
  parts: z.object({ count: z.int(), sent: z.int() }).nullable(),
  artifact: z.object({ id: z.string(), status: z.string(), digest: z.string(), name: z.string() }),
});

/** The artifact that the CLI has noted as being uploaded. */
function noted(): string {
  const folder = join(dirname(home.folder), '.local', 'state', 'staithe', 'uploads');
  const [name] = readdirSync(folder).filter((entry) => entry.endsWith('.json'));
  const state: unknown = JSON.parse(readFileSync(join(folder, name ?? ''), 'utf8'));
  return z.object({ artifact_id: z.string() }).parse(state).artifact_id;
}

describe('a file of 250 MB', () => {
  let artifact: string;

  it('goes on where it was after the process was killed', async () => {
    const first = cli.start(['artifact', 'upload', file, '--parallel', '2']);
    await eventually(async () => {
      const { parts } = await staithe.client.call('getMultipart', { params: { artifact: noted() } });
      if (parts.length < 3) throw new Error('Not yet.');
    });
    first.child.kill('SIGKILL');
    await first.ended;
    const before = await staithe.client.call('getMultipart', { params: { artifact: noted() } });

    const second = await cli.run(['artifact', 'upload', file, '--json']);

    expect(second.code, second.stderr).toBe(0);
    const result = Uploaded.parse(JSON.parse(second.stdout));
    expect(before.parts.length).toBeLessThan(PART_COUNT);
    expect(result).toMatchObject({
      uploaded: true,
      artifact: { status: 'stored', digest, name: 'disk.img' },
      parts: { count: PART_COUNT, sent: PART_COUNT - before.parts.length },
    });
    artifact = result.artifact.id;
    expect(() => noted()).toThrow();
  });

  it('is not sent again', async () => {
    const again = await cli.run(['artifact', 'upload', file, '--name', 'again.img']);

    expect(again).toMatchObject({ code: 0 });
    expect(again.stderr).toContain('nothing was uploaded');
    expect(again.stdout).toContain(digest);
  });

  it('is downloaded, going on where it was after the process was killed', async () => {
    const args = ['artifact', 'download', artifact, '--output', 'copy.img'];
    const partial = join(home.folder, `.copy.img.${digest.slice(7, 19)}.part`);
    const first = cli.start(args);
    await eventually(() => {
      if (statSync(partial).size < 1_000_000) throw new Error('Not yet.');
    });
    first.child.kill('SIGKILL');
    await first.ended;
    const left = statSync(partial).size;

    const second = await cli.run(args);

    expect(left).toBeLessThan(SIZE);
    expect(second, second.stderr).toMatchObject({ code: 0 });
    expect(second.stderr).toContain('Resuming');
    expect(`sha256:${await sha256Of(join(home.folder, 'copy.img'))}`).toBe(digest);
    expect(readdirSync(home.folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });
});

describe('a small file', () => {
  it('is uploaded whole, shown, listed, released and deleted', async () => {
    writeFileSync(join(home.folder, 'api.zip'), 'PK\u0003\u0004 a small zip');
    const uploaded = await cli.run(['artifact', 'upload', 'api.zip', '--json']);
    const { id } = Uploaded.parse(JSON.parse(uploaded.stdout)).artifact;

    const shown = await cli.run(['artifact', 'show', id]);
    const listed = await cli.run(['artifact', 'list']);
    const deleted = await cli.run(['artifact', 'delete', id, '--yes']);
    const gone = await cli.run(['artifact', 'show', id]);

    expect(JSON.parse(uploaded.stdout)).toMatchObject({ uploaded: true, parts: null });
    expect(shown.stdout).toMatch(/origin +upload/);
    expect(shown.stdout).toMatch(/type +application\/zip/);
    expect(listed.stdout).toContain(id);
    expect([deleted.code, gone.code]).toEqual([0, 4]);
  });

  it('of no bytes at all is one too', async () => {
    writeFileSync(join(home.folder, 'empty'), '');

    const uploaded = await cli.run(['artifact', 'upload', 'empty', '--json']);

    expect(Uploaded.parse(JSON.parse(uploaded.stdout)).artifact.status).toBe('stored');
  });

  it('is released for a service, and kept from then on', async () => {
    writeFileSync(join(home.folder, 'kept.zip'), 'PK\u0003\u0004 kept');
    const uploaded = await cli.run(['artifact', 'upload', 'kept.zip', '--json']);
    const { id } = Uploaded.parse(JSON.parse(uploaded.stdout)).artifact;

    const released = await cli.run(['release', 'create', '--artifact', `api=${id}`, '--version', '0.1.0']);
    const refused = await cli.run(['artifact', 'delete', id, '--yes']);

    expect(released, released.stderr).toMatchObject({ code: 0 });
    expect(released.stdout).toContain('kept.zip');
    expect(refused.code).toBe(5);
    expect(refused.stderr).toContain('Release rel_');
  });

  it('is downloaded anew when what was left is not part of it', async () => {
    writeFileSync(join(home.folder, 'two.bin'), 'two thousand bytes'.repeat(200));
    const uploaded = await cli.run(['artifact', 'upload', 'two.bin', '--json']);
    const { artifact } = Uploaded.parse(JSON.parse(uploaded.stdout));
    const partial = join(home.folder, `.other.bin.${artifact.digest.slice(7, 19)}.part`);
    writeFileSync(partial, 'x'.repeat(1000));
    const download = ['artifact', 'download', artifact.id, '--output', 'other.bin'];

    const wrong = await cli.run(download);
    const right = await cli.run([...download, '--json']);

    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain('The downloaded content has the digest');
    expect(JSON.parse(right.stdout)).toMatchObject({ verified: true, fetched: true });
  });

  it.each([
    ['that is not there', ['nothing.zip']],
    ['that is a folder', ['.']],
    ['under a name that is none', ['empty', '--name', '../x']],
    ['with no part at a time', ['empty', '--parallel', '0']],
  ])('%s is refused before anything is sent', async (_, args) => {
    const { code, stderr } = await cli.run(['artifact', 'upload', ...args]);

    expect(code).toBe(2);
    expect(stderr).toContain('next:');
  });
});

describe('the name of a file', () => {
  it.each(['acme-1.0+cu118-py3-none-any.whl', 'größe (1) ~draft.pdf', '.env.dist', `${'é'.repeat(125)}.bin`])(
    'is the same after an upload and a download: %s',
    async (name) => {
      const bytes = Buffer.from(`of ${name}`);
      writeFileSync(join(home.folder, name), bytes);
      const folder = mkdtempSync(join(home.folder, 'down-'));

      const up = await cli.run(['artifact', 'upload', name, '--json']);
      const { artifact } = Uploaded.parse(JSON.parse(up.stdout));
      const down = await cli.run(['artifact', 'download', artifact.id, '--output', folder]);

      expect([artifact.name, down.code]).toEqual([name, 0]);
      expect(readdirSync(folder)).toEqual([name]);
      expect(readFileSync(join(folder, name))).toEqual(bytes);
    },
  );

  it.each(['a/b', String.raw`a\b`, '..', 'two\nlines', 'é'.repeat(128)])(
    'is refused, and not changed, where no file can have it: %j',
    async (name) => {
      const refused = await cli.run(['artifact', 'upload', 'small', '--name', name]);

      expect(refused.code).not.toBe(0);
      expect(refused.stderr).toContain('name: ');
    },
  );
});
