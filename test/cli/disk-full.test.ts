/** Claims on a full disk: a real one, of one page, that the program alone sees. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { needs } from 'embedded-cloud/test-kit/tools.ts';
import { describe, expect, test } from 'vitest';
import { startContractServer } from './contract-server.ts';
import { artifact, me } from './examples.ts';
import { makeHome } from './process.ts';

/** Mounts a file system of one page on the folder, fills it, runs the program, and tells what it has left there. */
function onFullDisk(folder: string): readonly string[] {
  mkdirSync(folder, { recursive: true });
  const script =
    'cat /dev/zero > "$0/filler" 2>/dev/null; "$@"; code=$?; ls -A "$0" | sed "s/^/left: /"; exit $code';
  return ['bwrap', '--dev-bind', '/', '/', '--size', '4096', '--tmpfs', folder, 'sh', '-c', script, folder];
}

const leftIn = (stdout: string) => stdout.split('\n').filter((line) => line.startsWith('left: '));

describe('on a full disk', needs('bubblewrap'), () => {
  test('a login says that its token is good, where it cannot be saved, and how to do without', async () => {
    await using server = await startContractServer({ whoAmI: () => me });
    using home = makeHome();
    const disk = join(home.folder, 'disk');

    const { code, stderr, stdout } = await home.run(['login', '--url', server.url], {
      under: onFullDisk(disk),
      env: { XDG_CONFIG_HOME: disk },
      stdin: 'stt_secret',
    });

    expect(code).toBe(1);
    expect(stderr).toContain('error: The token is valid, but it cannot be saved.');
    expect(stderr).toContain(`Cannot write '${disk}/staithe/credentials.json': the disk is full (ENOSPC).`);
    expect(stderr).toContain(`STAITHE_URL=${server.url} STAITHE_TOKEN=<token>`);
    expect(leftIn(stdout)).toEqual(['left: filler', 'left: staithe']);
  });

  test('a source that does not fit is not sent, and the folder for the archive is named', async () => {
    await using server = await startContractServer({});
    using home = makeHome(server.url);
    const disk = join(home.folder, 'disk');
    writeFileSync(join(home.folder, 'file'), 'content');

    const { code, stderr } = await home.run(['source', 'create', '--project', 'hello', '--dir', '.'], {
      under: onFullDisk(disk),
      env: { TMPDIR: disk },
    });

    expect(code).toBe(1);
    expect(stderr).toContain('error: The folder cannot be packed.');
    expect(stderr).toContain('the disk is full (ENOSPC)');
    expect(stderr).toContain('next: Set TMPDIR to a writable folder with enough free space');
    expect(server.requests).toEqual([]);
  });

  test('a download is not tried again and again, and says what to do', async () => {
    let url = '';
    await using server = await startContractServer(
      { getArtifact: () => artifact, downloadArtifact: () => ({ location: `${url}/storage/bytes` }) },
      (request, response) => {
        if (!request.url?.startsWith('/storage/')) return false;
        response.end('hello');
        return true;
      },
    );
    ({ url } = server);
    using home = makeHome(url);
    const disk = join(home.folder, 'disk');

    const { code, stderr } = await home.run(
      ['artifact', 'download', artifact.id, '--output', join(disk, 'copy.zip')],
      { under: onFullDisk(disk) },
    );

    expect(code).toBe(1);
    expect(stderr).toMatch(
      /error: Cannot write '.*\/disk\/\.copy\.zip\..*\.part': the disk is full \(ENOSPC\)\./,
    );
    expect(stderr).toContain('next: Free some space, then run the command again.');
    expect(server.of('downloadArtifact')).toHaveLength(1);
    expect(readdirSync(disk)).toEqual([]);
  });
});
