import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync, Visitor } from 'vite';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');

/** How a file uses what not every machine has, without asking embedded-cloud/test-kit/tools.ts for it. */
function unaskedIn(name: string, text: string): string[] {
  const asks = /from '[\w./-]+\/tools\.ts'/.test(text);
  const found: string[] = [];
  new Visitor({
    CallExpression({ callee, arguments: [first] }) {
      const called = text.slice(callee.start, callee.end);
      const starts = /^(spawn|spawnSync|execFile|execFileSync|exec|execSync)$/.test(called);
      // A bare machine has Node and npm.
      if (starts && !asks && first?.type === 'Literal' && first.value !== 'npm')
        found.push(`${name} starts ${first.value}`);
    },
    MemberExpression({ property }) {
      if (property.type === 'Identifier' && /^(skip|run)If$/.test(property.name))
        found.push(`${name} has ${property.name}`);
    },
  }).visit(parseSync(name, text).program);
  return found;
}

const files = globSync(['test/**/*.ts', 'embedded-cloud/{test,test-kit}/**/*.ts'], { cwd: ROOT }).filter(
  // tools.ts itself, and what is collected by hand, in a machine of its own.
  (file) => file !== 'embedded-cloud/test-kit/tools.ts' && !file.startsWith('test/diagnosis/make/'),
);

describe('a test that starts a program of the machine', () => {
  it('asks embedded-cloud/test-kit/tools.ts for it', () => {
    expect(files.flatMap((file) => unaskedIn(file, readFileSync(join(ROOT, file), 'utf8')))).toEqual([]);
  });

  it.each([
    ["spawn('docker-registry', ['serve']);", 'a.ts starts docker-registry'],
    ["describe.skipIf(!installed)('x', () => {});", 'a.ts has skipIf'],
  ])('and not like %s', (text, complaint) => {
    expect(unaskedIn('a.ts', text)).toEqual([complaint]);
  });

  it.each([
    "spawn(process.execPath, ['a.ts']);",
    "import { needs } from 'embedded-cloud/test-kit/tools.ts';\nspawn('git');",
  ])('as in %j', (text) => {
    expect(unaskedIn('a.ts', text)).toEqual([]);
  });
});
