/** Entries that are written in the transaction of what they are about. */
import { expect, test } from 'vitest';
import { chainPending } from '../../../lib/domain/audit/append.ts';
import { recording } from '../../../lib/domain/audit/record.ts';
import { replace } from '../../../lib/domain/token/held.ts';
import * as Token from '../../../lib/domain/token/index.ts';
import { world } from '../world.ts';
import { entryOf, LOG, linksIn, SYSTEM } from './logs.ts';

test('a token of the operator exists with its entry, or not at all', async () => {
  const { ports } = await world();
  const input = { name: 'operator', role: 'admin' } as const;
  const beside = () => [recording(LOG, entryOf(1))];
  const { id } = await Token.create(ports, SYSTEM, input, undefined, beside);

  const again = Token.create(ports, SYSTEM, input, undefined, beside);
  const held = replace(ports, SYSTEM, { ...input, holder: 'local' }, beside);

  await expect(again).rejects.toThrow();
  await expect(held).rejects.toThrow();
  const { items } = await Token.list(ports, SYSTEM, { limit: 10 });
  expect(items.map((token) => token.id)).toEqual([id]);
  await chainPending(ports, LOG);
  expect(await linksIn(ports.table)).toHaveLength(1);
});
