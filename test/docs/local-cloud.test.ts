import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const text = readFileSync(join(ROOT, 'docs', 'local-cloud.md'), 'utf8');

describe('docs/local-cloud.md', () => {
  let folder = '';
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('has a sample app that runs as it stands, and says what it prints', () => {
    const [, sample = ''] = /^```ts\n([\s\S]*?)^```$/m.exec(text) ?? [];
    const [, promised = ''] = /^```text\n(200 [\s\S]*?)^```$/m.exec(text) ?? [];
    folder = mkdtempSync(join(tmpdir(), 'docs-'));
    const [checkout, temporary] = [join(folder, 'checkout'), join(folder, 'tmp')];
    for (const made of [checkout, temporary]) mkdirSync(made);
    for (const part of ['lib', 'node_modules', 'package.json'])
      symlinkSync(join(ROOT, part), join(checkout, part));
    writeFileSync(join(checkout, 'notes.ts'), sample);

    const said = execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', 'notes.ts'], {
      cwd: checkout,
      env: { ...process.env, TMPDIR: temporary },
      encoding: 'utf8',
    });

    expect(said).toBe(promised);
  });
});
