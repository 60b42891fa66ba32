import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { ROUTES } from '../../../lib/contract/routes.ts';
import { MAX_JOBS } from '../../../lib/domain/execution/plan/expand.ts';
import { opened, type Position, sealed } from '../../../lib/domain/log/cursor.ts';
import { memoryTable } from '../../memory/table.ts';

/** API Gateway takes 10,240 bytes of request line and headers together (docs: HTTP API quotas); a token and a path are in them too. */
const REQUEST_MAX_BYTES = 10_240 - 1024;

/** As CloudWatch writes them: 56 digits, of which the first are the time. */
const digits = (seed: number) =>
  `38123456${BigInt(`0x${createHash('sha256').update(String(seed)).digest('hex')}`)}`.slice(0, 56);

/** The places in the log of a run of the most jobs there may be, each looked at a little later than the one before. */
const places = new Map<string, Position>(
  Array.from({ length: MAX_JOBS }, (_, at) => [
    `${at}.0`,
    { cursor: `f/${digits(at)}`, skip: at % 50, lookedAt: 1_795_000_000_000 + at * 13, quiet: at % 7 },
  ]),
);

test('the cursor of the largest run fits a request, and says where each stream was', async () => {
  const table = memoryTable();
  const cursor = await sealed(table, 'build', places);

  expect(cursor.length).toBeLessThan(REQUEST_MAX_BYTES);
  for (const { query } of [ROUTES.getBuildLogs, ROUTES.getJobLogs])
    expect(query.cursor.safeParse(cursor).success).toBe(true);
  expect(await opened(table, 'build', cursor)).toEqual(places);
});
