import {
  CloudWatchLogsClient,
  GetLogEventsCommand,
  InvalidParameterException,
} from '@aws-sdk/client-cloudwatch-logs';
import { mockClient } from 'aws-sdk-client-mock';
import { expect, test } from 'vitest';
import { cloudWatchLogs } from '../../lib/aws/logs.ts';
import * as Run from '../../lib/domain/run/index.ts';
import { read } from '../../lib/domain/run/logs.ts';
import { plan } from '../../lib/domain/run/plan.ts';
import { ADMIN, claimed, refusal, startedBuild, world } from '../domain/world.ts';

test('a cursor that CloudWatch has forgotten is the caller’s to mend, and no failure of ours', async () => {
  const client = new CloudWatchLogsClient({ region: 'us-east-1' });
  mockClient(client)
    .on(GetLogEventsCommand)
    .rejects(
      new InvalidParameterException({ message: 'The specified nextToken is invalid.', $metadata: {} }),
    );
  const logs = cloudWatchLogs('builds', client);

  expect(await refusal(logs.read('stream', { cursor: 'f/1', limit: 10 }))).toBe('invalid_cursor');
  // Without a cursor it is a mistake of ours, and must not look like one of the caller.
  await expect(logs.read('stream', { limit: 10 })).rejects.toThrow(InvalidParameterException);
});

test('a cursor with a position that no stream gave is refused', async () => {
  const place = await world();
  const { run } = await startedBuild(place);
  const [dispatch] = (await plan(place.ports, run.id)).jobs;
  if (dispatch === undefined) throw new Error('The run has no job.');
  await claimed(place, dispatch, { log_stream: 'stream' });
  place.ports.logs.append('stream', { timestamp: 1, message: 'a line' });
  const forged = Buffer.from(JSON.stringify({ stream: 'b/anything' })).toString('base64url');

  const reading = Run.get(place.ports, ADMIN, run.id).then((now) =>
    read(place.ports, now, { cursor: forged, limit: 10 }),
  );

  expect(await refusal(reading)).toBe('invalid_cursor');
});
