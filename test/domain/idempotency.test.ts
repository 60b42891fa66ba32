import { expect, test } from 'vitest';
import * as Idempotency from '../../lib/domain/idempotency.ts';
import { memoryPorts } from '../memory/index.ts';
import { refusal } from './world.ts';

const REQUEST = {
  scope: 'tok_1 createBuild /v1/projects/hello/builds',
  key: 'k',
  requestHash: 'a',
  permissionsHash: 'developer',
};
const ANSWER = { status: 202, body: '{"id":"bld_1"}' };

test('a repeated request gets the answer of the first', async () => {
  const ports = memoryPorts();
  const { seed } = await Idempotency.begin(ports, REQUEST);
  await Idempotency.complete(ports, REQUEST, seed, ANSWER);

  expect(await Idempotency.begin(ports, REQUEST)).toEqual({ seed, answer: ANSWER });
});

test('a repeat under other permissions gets the same seed and no answer, until it is answered itself', async () => {
  const ports = memoryPorts();
  const { seed } = await Idempotency.begin(ports, REQUEST);
  await Idempotency.complete(ports, REQUEST, seed, ANSWER);
  const lower = { ...REQUEST, permissionsHash: 'viewer' };

  const second = await Idempotency.begin(ports, lower);
  await Idempotency.complete(ports, lower, seed, ANSWER);

  expect(second).toEqual({ seed });
  expect(await Idempotency.begin(ports, lower)).toEqual({ seed, answer: ANSWER });
});

test('a repeat after a crash in the middle gets the same seed and no answer', async () => {
  const ports = memoryPorts();
  const first = await Idempotency.begin(ports, REQUEST);

  const second = await Idempotency.begin(ports, REQUEST);

  expect(second.seed).toBe(first.seed);
  expect(second.answer).toBeUndefined();
});

test('many at once have one seed', async () => {
  const ports = memoryPorts();

  const all = await Promise.all(Array.from({ length: 5 }, () => Idempotency.begin(ports, REQUEST)));

  expect(new Set(all.map(({ seed }) => seed)).size).toBe(1);
});

test('a key with another request is refused; of another caller or route it is another key', async () => {
  const ports = memoryPorts();
  const { seed } = await Idempotency.begin(ports, REQUEST);

  expect(await refusal(Idempotency.begin(ports, { ...REQUEST, requestHash: 'b' }))).toBe(
    'idempotency_key_reused',
  );
  const other = await Idempotency.begin(ports, { ...REQUEST, scope: 'tok_2', requestHash: 'b' });
  expect(other.seed).not.toBe(seed);
});

test('a key is free again after 24 hours, though the table may keep what has expired for days', async () => {
  const ports = memoryPorts();
  const { seed } = await Idempotency.begin(ports, REQUEST);
  await Idempotency.complete(ports, REQUEST, seed, ANSWER);
  ports.clock.advance(24 * 3_600_000 - 1000);
  const before = await refusal(Idempotency.begin(ports, { ...REQUEST, requestHash: 'b' }));
  ports.clock.advance(2000);

  const after = await Idempotency.begin(ports, { ...REQUEST, requestHash: 'b' });

  expect(before).toBe('idempotency_key_reused');
  expect(after.seed).not.toBe(seed);
  expect(after.answer).toBeUndefined();
  expect((await Idempotency.begin(ports, { ...REQUEST, requestHash: 'b' })).seed).toBe(after.seed);
});
