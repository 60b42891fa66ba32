import { execFileSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { unless } from 'embedded-cloud/test-kit/tools.ts';
import { expect, test } from 'vitest';

const MODULE = fileURLToPath(new URL('../../lib/start/inherited.ts', import.meta.url));
/** What is open in a program that the server starts; the shell itself opens nothing to expand this. */
const LOOK = `require('node:child_process').execFileSync('/bin/sh', ['-c', 'for n in 9 40 251; do [ -e /proc/$$/fd/$n ] && echo $n; done; :'], { encoding: 'utf8' })`;
const PROGRAM = `const before = ${LOOK}; require(${JSON.stringify(MODULE)}).closeInherited(); console.log(JSON.stringify({ before, after: ${LOOK} }))`;

test(
  'what the shell had open when it started the server is handed on to nobody',
  unless(process.platform === 'linux' ? undefined : 'only Linux hands on what was not named'),
  () => {
    const file = openSync(MODULE, 'r');
    const stdio: ('ignore' | 'pipe' | 'inherit' | number)[] = ['ignore', 'pipe', 'inherit'];
    for (const descriptor of [9, 40, 251]) stdio[descriptor] = file;

    const answer = execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', '-e', PROGRAM], {
      encoding: 'utf8',
      stdio: Array.from(stdio, (kind) => kind ?? 'ignore'),
    });
    closeSync(file);

    // Node takes the first of them for itself; it would hand on the others.
    expect(JSON.parse(answer)).toEqual({ before: '40\n251\n', after: '' });
  },
);
