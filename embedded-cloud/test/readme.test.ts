import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeAssembly } from '../test-kit/assembly.ts';
import { eventually } from '../test-kit/patience.ts';

const PACKAGE = join(import.meta.dirname, '..');
const text = readFileSync(join(PACKAGE, 'README.md'), 'utf8');
const [quickstart = '', notes = '', retries = ''] = [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(
  ([, code]) => code,
);
const [promised = '', promisedLater = ''] = [...text.matchAll(/^```text\n([\s\S]*?)^```$/gm)].map(
  ([, output]) => output,
);

describe('the README', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'readme-'));
    mkdirSync(join(folder, 'tmp'));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const node = () => ({
    command: process.execPath,
    options: { cwd: folder, env: { ...process.env, TMPDIR: join(folder, 'tmp') } },
  });

  it('has ten lines that run an app, say its outputs, and end at Ctrl-C', async () => {
    using app = writeAssembly({
      App: {
        Resources: { Bucket: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'photos' } } },
        Outputs: { bucket: { Value: { Ref: 'Bucket' } } },
      },
    });
    symlinkSync(app.assembly, join(folder, 'cdk.out'));
    writeFileSync(join(folder, 'run.ts'), quickstart);
    const { command, options } = node();
    const install = ['install', '--save-dev', PACKAGE, '--offline', '--no-audit', '--no-fund'];
    execFileSync('npm', install, { ...options, stdio: 'ignore' });
    const child = spawn(command, ['run.ts'], { ...options, stdio: ['ignore', 'pipe', 'ignore'] });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk));
    await eventually(() => expect(said).toMatch(/Ctrl-C stops http:\/\/127\.0\.0\.1:\d+/));

    child.kill('SIGINT');
    const [code] = await once(child, 'exit');

    expect(said).toContain("{ bucket: 'photos' }");
    expect(code).toBe(0);
  });

  it('has a whole app that runs as it stands, and says what it prints', () => {
    // An app has the CDK beside it.
    symlinkSync(join(PACKAGE, '..', 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'notes.ts'), notes);
    const { command, options } = node();

    const said = execFileSync(command, ['--disable-warning=ExperimentalWarning', 'notes.ts'], {
      ...options,
      encoding: 'utf8',
    });

    expect(said).toBe(promised);
  });

  it('has a state machine that runs as it stands, and says what it prints', () => {
    symlinkSync(join(PACKAGE, '..', 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'retries.ts'), retries);
    const { command, options } = node();

    const said = execFileSync(command, ['--disable-warning=ExperimentalWarning', 'retries.ts'], {
      ...options,
      encoding: 'utf8',
    });

    expect(said).toBe(promisedLater);
  });
});
