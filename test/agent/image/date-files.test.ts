import { lstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { dateFiles } from '../../../lib/agent/image/date-files.ts';
import { Sandbox } from '../../archive/sandbox.ts';

test('dates what is in a folder, names of any bytes too, and nothing that a link leads to', () => {
  using sandbox = new Sandbox();
  writeFileSync(sandbox.path('outside'), 'not of the context');
  mkdirSync(sandbox.path('context/made'), { recursive: true });
  symlinkSync('../../outside', sandbox.path('context/made/link'));
  const odd = Buffer.concat([Buffer.from(`${sandbox.path('context/made')}/`), Buffer.of(0xe9)]);
  writeFileSync(odd, 'made');

  const kept = dateFiles(sandbox.path('context'), 320_000_000);

  const times = ['context', 'context/made', 'context/made/link'].map((name) => sandbox.path(name));
  expect([...times, odd].map((path) => lstatSync(path).mtimeMs)).toEqual(Array(4).fill(320_000_000_000));
  expect(kept).toBe(0);
  expect(lstatSync(sandbox.path('outside')).mtimeMs).toBeGreaterThan(320_000_000_000);
});
