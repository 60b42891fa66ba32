/** Tables of docs/reference.md that follow from the code. `npm test -- test/reference.test.ts -u` writes them anew. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { quotasOf, RATES, type Rate } from '../src/quotas.ts';
import { table, withGenerated } from '../test-kit/generated.ts';

const count = (value: number): string => value.toLocaleString('en-US');

const rate = ({ burst, perSecond }: Rate): string =>
  burst === perSecond ? count(perSecond) : `${count(perSecond)}, ${count(burst)} at once`;

/** Of the embedded cloud, by profile. */
function quotaProfiles(): string {
  const [aws, small] = [quotasOf('aws', 'us-east-1'), quotasOf('new-account', 'us-east-1')];
  return table(
    ['quota', '`machine` (default)', '`aws`', '`new-account`'],
    [
      [
        'builds that run at once; that wait',
        `two a processor, at least 4; ${quotasOf('machine', 'us-east-1').queuedBuilds}`,
        `${aws.runningBuilds}; ${aws.queuedBuilds}`,
        `${small.runningBuilds}; ${small.queuedBuilds}`,
      ],
      [
        "Lambda's concurrent executions",
        `${count(quotasOf('machine', 'us-east-1').concurrentExecutions)}, as far as the [load](#load) allows`,
        count(aws.concurrentExecutions),
        count(small.concurrentExecutions),
      ],
      ['calls of the APIs below', 'no limit', 'as listed', 'as listed'],
    ],
  );
}

/** What an account may call in a second. */
function quotaRates(): string {
  const rows = RATES.map(({ service, actions, rates, source }) => {
    const other = rates.some(({ regions }) => regions !== undefined) ? 'elsewhere ' : '';
    return [
      service,
      actions[0] === '*'
        ? 'all others together'
        : actions.join(', ') + (actions.length > 1 ? ' together' : ''),
      rates
        .map(
          ({ regions, rate: one }) =>
            `${regions === undefined ? other : `${regions.join(', ')}: `}${rate(one)}`,
        )
        .join('; '),
      source,
    ];
  });
  return table(['service', 'API', 'a second', 'source'], rows);
}

test('the reference has the quotas and rates that the code has', async () => {
  const file = join(import.meta.dirname, '..', 'docs', 'reference.md');
  const page = readFileSync(file, 'utf8');

  const written = withGenerated(page, { 'quota profiles': quotaProfiles(), 'quota rates': quotaRates() });

  await expect(written).toMatchFileSnapshot(file);
});
