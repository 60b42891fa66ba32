/** Claims on uploads in parts where something comes between: Ctrl-C, and a folder that keeps no note. */
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from 'embedded-cloud/test-kit/patience.ts';
import { expect, test } from 'vitest';
import type { RouteInput } from '../../lib/contract/route.ts';
import type { Routes } from '../../lib/contract/routes.ts';
import { startContractServer } from './contract-server.ts';
import { artifact, id } from './examples.ts';
import { type Home, makeHome } from './process.ts';

/** One byte more than is sent whole. The file has no blocks on the disk. */
const SIZE = 100_000_001;
const PART_SIZE = 64 * 1024 ** 2;

const announced = { ...artifact, id: id('art'), status: 'pending' as const, size_bytes: SIZE };
const plan = { part_size_bytes: PART_SIZE, part_count: 2 };

function largeFile(home: Home): void {
  writeFileSync(join(home.folder, 'disk.img'), '');
  truncateSync(join(home.folder, 'disk.img'), SIZE);
}

/** A server that has announced the artifact. @param takes whether its storage answers */
async function receiving(takes: boolean) {
  let url = '';
  let begun = 0;
  const upload = (number: number) => ({
    number,
    upload: {
      method: 'PUT' as const,
      url: `${url}/storage/${number}`,
      headers: {},
      expires_at: artifact.created_at,
    },
  });
  const server = await startContractServer(
    {
      createArtifact: () => ({ ...announced, upload: null, multipart: plan }),
      getArtifact: () => announced,
      beginMultipart: () => ({ ...plan, parts: [] }),
      signParts: ({ body }: RouteInput<Routes['signParts']>) => ({
        parts: body.parts.map(({ number }) => upload(number)),
      }),
      completeArtifact: () => ({ ...announced, status: 'stored' as const }),
    },
    async (request, response) => {
      if (!request.url?.startsWith('/storage/')) return false;
      begun += 1;
      for await (const _ of request) if (!takes) return true;
      response.end();
      return true;
    },
  );
  ({ url } = server);
  return Object.assign(server, { begun: () => begun });
}

test('Ctrl-C in an upload in parts ends with 130 and says how to go on; the same command does', async () => {
  await using server = await receiving(false);
  using home = makeHome(server.url);
  largeFile(home);

  const upload = home.start(['artifact', 'upload', 'disk.img', '--project', 'hello']);
  await eventually(() => {
    if (server.begun() < 2) throw new Error('Not yet.');
  });
  upload.child.kill('SIGINT');
  const { code, stderr } = await upload.ended;
  const again = home.start(['artifact', 'upload', 'disk.img', '--project', 'hello']);
  await eventually(() => {
    if (server.of('beginMultipart').length < 2) throw new Error('Not yet.');
  });
  again.child.kill('SIGINT');
  await again.ended;

  expect(code).toBe(130);
  expect(stderr).toContain('interrupted. The uploaded parts are kept for a week.');
  expect(stderr).toContain('next: run the same command to resume');
  expect(server.of('createArtifact')).toHaveLength(1);
});

test('an upload that cannot be noted is sent all the same, with a warning', async () => {
  await using server = await receiving(true);
  using home = makeHome(server.url);
  largeFile(home);
  writeFileSync(join(home.folder, 'file'), '');
  const env = { XDG_STATE_HOME: join(home.folder, 'file', 'state') };

  const { code, stderr, stdout } = await home.run(['artifact', 'upload', 'disk.img', '--project', 'hello'], {
    env,
  });

  expect(code, stderr).toBe(0);
  expect(stdout).toContain(announced.id);
  expect(stderr).toContain('warning: this upload cannot be resumed after an interruption:');
  expect(stderr).toContain('part of the path is a file (ENOTDIR)');
});
