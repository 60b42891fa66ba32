import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ReleaseFile } from '../../lib/domain/execution/model/release-file.ts';
import { zip } from '../archive/craft.ts';
import { AgentBench } from './agent.ts';
import { ulid } from './claimed-job.ts';

const bench = new AgentBench();
beforeAll(() => bench.build());
afterAll(() => bench[Symbol.dispose]());

const digest = `sha256:${'9f'.repeat(32)}`;
const release: ReleaseFile = {
  project_id: `prj_${ulid(1)}`,
  environment: 'production',
  deployment_id: `dep_${ulid(1)}`,
  release: { id: `rel_${ulid(1)}`, version: '1.4.0', created_at: '2026-11-21T09:30:00.000Z' },
  service: 'chart',
  digest,
  artifacts: [
    {
      service: 'web',
      name: 'web',
      artifact_id: `art_${ulid(1)}`,
      kind: 'image',
      digest,
      size_bytes: 1,
      image: `registry.test/shop/web@${digest}`,
    },
  ],
  images: { web: `registry.test/shop/web@${digest}` },
};
const source = zip({ name: 'values.yaml', content: 'replicas: 1\n' });

const ran = (commands: string[], more: object = {}) =>
  bench.run({
    source,
    format: 'zip',
    name: 'chart.zip',
    release,
    ...more,
    spec: { commands, artifacts: [] },
  });

describe('the job of a deployment', () => {
  test('finds its artifact, unpacked and as a file, and its release as JSON', async () => {
    const { plane, output, exitCode } = await ran([
      'cat values.yaml; basename "$STAITHE_ARTIFACT"; test -s "$STAITHE_ARTIFACT"',
      `node -e 'const r = JSON.parse(require("fs").readFileSync(process.env.STAITHE_RELEASE)); console.log(r.release.version, r.images.web)'`,
    ]);

    expect(exitCode).toBe(0);
    expect(output).toContain('replicas: 1\nchart.zip\n');
    expect(output).toContain(`1.4.0 registry.test/shop/web@${digest}`);
    expect(plane.result).toEqual({ status: 'completed', artifact_ids: [], outputs: {} });
  });

  test('of an image begins in an empty folder', async () => {
    const { plane, output } = await ran(['ls -A | wc -l; echo "artifact: $STAITHE_ARTIFACT."'], {
      source: undefined,
    });

    expect(plane.result.status).toBe('completed');
    expect(output).toMatch(/\n0\nartifact: \.\n/);
  });

  test('of a file that is no archive finds it under its name', async () => {
    const { output } = await ran(['cat tool.bin "$STAITHE_ARTIFACT"'], {
      source: Buffer.from('bytes'),
      format: 'file',
      name: 'tool.bin',
    });

    expect(output).toContain('bytesbytes');
  });

  test.each(['release.json', 'outputs'])('finds an artifact named %s beside its own files', async (name) => {
    const commands = [
      'cat "$STAITHE_ARTIFACT"; echo; echo url=x >> "$STAITHE_OUTPUTS"; cat "$STAITHE_RELEASE"',
    ];
    const { plane, output } = await ran(commands, { source: Buffer.from('bytes'), format: 'file', name });

    expect(output).toMatch(/^bytes$/m);
    expect(output).toContain('"version": "1.4.0"');
    expect(plane.result).toMatchObject({ outputs: { url: 'x' } });
  });

  test.each([
    [
      'lines',
      `printf '# of helm\\n\\nurl=https://shop.example.com/?a=b\\nrevision=7\\n' > "$STAITHE_OUTPUTS"`,
    ],
    ['JSON', `echo '{"url": "https://shop.example.com/?a=b", "revision": "7"}' > "$STAITHE_OUTPUTS"`],
  ])('tells outputs, as %s', async (_, command) => {
    const { plane } = await ran([command]);

    const outputs = { url: 'https://shop.example.com/?a=b', revision: '7' };
    expect(plane.result).toEqual({ status: 'completed', artifact_ids: [], outputs });
  });

  test('tells no secrets, neither in its log nor in its outputs', async () => {
    const secrets = { KUBE_TOKEN: 'a-very-secret-value' };
    const scene = { source, format: 'zip', name: 'chart.zip', release, secrets } as const;
    const commands = [
      'echo "token $KUBE_TOKEN"; echo "url=https://x.test/$KUBE_TOKEN" >> "$STAITHE_OUTPUTS"',
    ];

    const { plane, output } = await bench.run({
      ...scene,
      spec: { commands, artifacts: [], secrets: ['KUBE_TOKEN'] },
    });

    expect(plane.result.status).toBe('completed');
    expect(JSON.stringify(plane.result) + output).not.toContain(secrets.KUBE_TOKEN);
  });

  test.each([
    ['a line without =', 'echo hello >> "$STAITHE_OUTPUTS"', 'Line 1 is not name=value.'],
    ['a bad name', 'echo Url=x >> "$STAITHE_OUTPUTS"', 'must be a-z, 0-9 and _'],
    ['half JSON', 'echo "{" >> "$STAITHE_OUTPUTS"', 'It is no JSON'],
    ['too much', 'head -c 70000 /dev/zero | tr "\\0" a >> "$STAITHE_OUTPUTS"', 'more than 64 KiB'],
    ['a folder', 'rm "$STAITHE_OUTPUTS"; mkdir "$STAITHE_OUTPUTS"', 'It is no file.'],
  ])('fails with outputs that nobody can read: %s', async (_, command, message) => {
    const { plane } = await ran([command]);

    expect(plane.failure).toMatchObject({ code: 'build_error', step: 'read outputs' });
    expect(plane.failure.message).toContain(message);
  });

  test('that fails names the command and its exit code, and its last lines', async () => {
    const { plane } = await ran(['echo no cluster; exit 3']);

    expect(plane.failure).toMatchObject({ code: 'build_error', exit_code: 3, last_lines: ['no cluster'] });
    expect(plane.failure.message).toContain('exit code 3');
  });
});
