import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Store } from '../../src/stepfunctions/store.ts';

it('a write that fails while nobody waits for it is told once, however often it is tried', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'states-'));
  const said: string[] = [];
  const store = new Store(folder, (message) => said.push(message));

  store.write('INSERT INTO executions (arn) VALUES (NULL)');
  await expect.poll(() => said).toHaveLength(1);

  expect(said).toEqual([expect.stringMatching(/not written down: .*NOT NULL constraint.*tried again/)]);
  expect(() => store.close()).toThrow('NOT NULL constraint');
  rmSync(folder, { recursive: true });
});
