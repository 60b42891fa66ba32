/** Claims on staithe manifest. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROUTES } from '../../lib/contract/routes.ts';
import { parse } from '../../lib/domain/manifest/index.ts';
import { manifestJsonSchema } from '../../lib/domain/manifest/json-schema.ts';
import { startContractServer } from './contract-server.ts';
import { id } from './examples.ts';
import { makeHome } from './process.ts';

const GOOD = 'services:\n  web:\n    commands: [make]\n    timeout: 15m\n';
const BAD = 'services:\n  web:\n    comands: [make]\n    timeout: 9h\n';

const synced = ROUTES.getManifest.success.body.parse({
  project_id: id('prj'),
  manifest_hash: parse(GOOD).hash,
  manifest: { services: { web: { commands: ['make'] } } },
  services: ['web'],
  synced_at: '2026-11-21T09:30:00.000Z',
  synced_by: id('tok'),
});

/** A folder with this staithe.yaml, and no server. */
function homeWith(text: string | Uint8Array, url?: string) {
  const home = makeHome(url);
  writeFileSync(join(home.folder, 'staithe.yaml'), text);
  return home;
}

describe('manifest check', () => {
  test('of a good manifest names its services and its hash, without a server', async () => {
    using home = homeWith(GOOD);

    const { code, stdout, stderr } = await home.run(['manifest', 'check']);

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/services +web/);
    expect(stdout).toContain(parse(GOOD).hash);
  });

  test('shows every mistake with its line and a mark below the place, and exits with 2', async () => {
    using home = homeWith(BAD);

    const { code, stdout, stderr } = await home.run(['manifest', 'check']);

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe(
      [
        'error: staithe.yaml is not valid: 2 errors.',
        "  staithe.yaml:3:5 services.web.comands: is not a known field; did you mean 'commands'?",
        '    3 |     comands: [make]',
        '      |     ^',
        '  staithe.yaml:4:14 services.web.timeout: must be at most 8 hours',
        '    4 |     timeout: 9h',
        '      |              ^',
        'next: Fix them, then: staithe manifest check staithe.yaml',
        '',
      ].join('\n'),
    );
  });

  test('gives programs the places as fields, and people colours where they are wanted', async () => {
    using home = homeWith(BAD);

    const forPrograms = await home.run(['manifest', 'check', '--json']);
    const coloured = await home.run(['manifest', 'check'], { env: { FORCE_COLOR: '1' } });

    expect(JSON.parse(forPrograms.stderr)).toMatchObject({
      code: 'manifest_invalid',
      fields: [{ field: 'services.web.comands' }, { message: 'must be at most 8 hours (staithe.yaml:4:14)' }],
    });
    expect(coloured.stderr).toContain('\u001b[31m^\u001b[39m');
  });

  test('marks the place in a long line, and lets nothing of the file steer the terminal', async () => {
    using home = homeWith(
      `services: {web: {commands: ["${'x'.repeat(300)}"], tiemout: "\u001b]0;title\u0007"}}`,
    );

    const { stderr } = await home.run(['manifest', 'check']);

    const [shown = '', mark = ''] = stderr.split('\n').slice(2, 4);
    expect(shown.slice(mark.indexOf('^'), mark.indexOf('^') + 7)).toBe('tiemout');
    expect(shown.length).toBeLessThan(90);
    expect(stderr).not.toContain('\u001b');
    expect(stderr).not.toContain('\u0007');
  });

  test('warns of what is most likely meant in another way, and exits with 0', async () => {
    using home = homeWith('services: {a: {toolchain: erlang@26}}\n');

    const { code, stderr } = await home.run(['manifest', 'check']);

    expect(code).toBe(0);
    expect(stderr).toContain('the images of AWS CodeBuild do not have erlang');
    expect(stderr).toContain('warning: ');
  });

  test.each([
    ['that is not there', undefined, /Cannot read .*\(ENOENT\)/],
    [
      'that is not UTF-8',
      Buffer.from([0x61, 0x0a, 0xff]),
      /other\.yaml:2:1 the manifest: is not written in UTF-8/,
    ],
    ['of more than 256 KiB', Buffer.alloc(300_000, '#'), /256 KiB/],
  ])('of a file %s says so, and exits with 2', async (_, bytes, message) => {
    using home = makeHome();
    if (bytes !== undefined) writeFileSync(join(home.folder, 'other.yaml'), bytes);

    const { code, stderr } = await home.run(['manifest', 'check', 'other.yaml']);

    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  test('without a file takes staithe.yml too, and says what to do when there is neither', async () => {
    using home = makeHome();
    const missing = await home.run(['manifest', 'check']);
    writeFileSync(join(home.folder, 'staithe.yml'), GOOD);
    const found = await home.run(['manifest', 'check']);

    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('No staithe.yaml') });
    expect(found).toMatchObject({ code: 0, stdout: expect.stringContaining('staithe.yml') });
  });
});

describe('manifest hash and schema', () => {
  test('print what builds and editors need, and nothing else', async () => {
    using home = homeWith(GOOD);

    const hash = await home.run(['manifest', 'hash']);
    const schema = await home.run(['manifest', 'schema']);

    expect(hash.stdout).toBe(`${parse(GOOD).hash}\n`);
    expect(JSON.parse(schema.stdout)).toEqual(manifestJsonSchema());
  });

  test('schema --server gives the schema of the server', async () => {
    await using server = await startContractServer({
      getManifestSchema: () => ({ title: 'of a newer version' }),
    });
    using home = makeHome(server.url);

    const { stdout } = await home.run(['manifest', 'schema', '--server']);

    expect(JSON.parse(stdout)).toEqual({ title: 'of a newer version' });
  });
});

describe('manifest sync and show', () => {
  test('send the text as it stands, and say what it became', async () => {
    await using server = await startContractServer({ syncManifest: () => synced });
    using home = homeWith(GOOD, server.url);

    const { code, stdout, stderr } = await home.run(['manifest', 'sync', '--project', 'hello']);

    expect(code).toBe(0);
    expect(JSON.parse(server.of('syncManifest')[0]?.body ?? '')).toEqual({
      manifest: GOOD,
      file: 'staithe.yaml',
    });
    expect(stdout).toContain(synced.manifest_hash);
    expect(stderr).toContain(
      `next: staithe build create --project hello --manifest-hash ${synced.manifest_hash}`,
    );
  });

  test('sync sends nothing that has a mistake', async () => {
    await using server = await startContractServer({ syncManifest: () => synced });
    using home = homeWith(BAD, server.url);

    const { code } = await home.run(['manifest', 'sync', '--project', 'hello']);

    expect(code).toBe(2);
    expect(server.requests).toEqual([]);
  });

  test('show prints YAML that is the manifest again', async () => {
    await using server = await startContractServer({ getManifest: () => synced });
    using home = makeHome(server.url);

    const { stdout } = await home.run([
      'manifest',
      'show',
      '--project',
      'hello',
      '--hash',
      synced.manifest_hash,
    ]);

    expect(stdout).toContain(`# ${synced.manifest_hash}`);
    expect(parse(stdout).hash).toBe(synced.manifest_hash);
    expect(server.of('getManifest')[0]?.query).toEqual({ hash: synced.manifest_hash });
  });
});
