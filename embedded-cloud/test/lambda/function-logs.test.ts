import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { afterEach, expect, test } from 'vitest';
import { eventually } from '../../test-kit/patience.ts';
import { inline, type Running, role, run } from '../../test-kit/running.ts';

let running: Running;
afterEach(() => running.close());

test('log lines of a function are in its log group, under its role', async () => {
  running = await run({
    Role: role(),
    Talks: inline(
      'exports.handler = async () => { console.log("one\\ntwo", { a: 1 }); console.error("three"); };',
      { FunctionName: 'talks' },
    ),
  });
  const client = new CloudWatchLogsClient({
    region: 'us-east-1',
    endpoint: running.cloud.endpoint,
    credentials: running.cloud.operator,
  });

  const { $metadata } = await running.client.send(new InvokeCommand({ FunctionName: 'talks' }));

  await eventually(async () => {
    const { events } = await client.send(new FilterLogEventsCommand({ logGroupName: '/aws/lambda/talks' }));
    const messages = events?.map(({ message }) => message?.trimEnd()) ?? [];
    expect(messages).toEqual([
      expect.stringMatching(/^INIT_START/),
      `START RequestId: ${$metadata.requestId} Version: $LATEST`,
      expect.stringMatching(new RegExp(`^\\S+Z\t${$metadata.requestId}\tINFO\tone\ntwo \\{ a: 1 \\}$`)),
      expect.stringMatching(/\tERROR\tthree$/),
      `END RequestId: ${$metadata.requestId}`,
      expect.stringMatching(/^REPORT .*Init Duration/),
    ]);
  });
  client.destroy();
});

test('a role that may not write logs has none, and the operator is told', async () => {
  running = await run({
    Role: role([]),
    Talks: inline('exports.handler = async () => console.log("unheard");', { FunctionName: 'talks' }),
  });

  await running.client.send(new InvokeCommand({ FunctionName: 'talks' }));

  await eventually(() => expect(running.log.join('\n')).toMatch(/no logs in \/aws\/lambda\/talks: .*logs:/));
});
