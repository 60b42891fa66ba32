import {
  CloudWatchLogsClient,
  GetLogEventsCommand,
  InvalidParameterException,
} from '@aws-sdk/client-cloudwatch-logs';
import { mockClient } from 'aws-sdk-client-mock';
import { expect, test } from 'vitest';
import { cloudWatchLogs } from '../../lib/aws/logs.ts';
import { refusal } from '../domain/world.ts';

test('a cursor that CloudWatch has forgotten is the caller’s to mend, and no failure of ours', async () => {
  const client = new CloudWatchLogsClient({ region: 'us-east-1' });
  mockClient(client)
    .on(GetLogEventsCommand)
    .rejects(
      new InvalidParameterException({ message: 'The specified nextToken is invalid.', $metadata: {} }),
    );
  const logs = cloudWatchLogs('builds', client, 100);

  expect(await refusal(logs.read('stream', { cursor: 'f/1', limit: 10 }))).toBe('invalid_cursor');
  // Without a cursor it is a mistake of ours, and must not look like one of the caller.
  await expect(logs.read('stream', { limit: 10 })).rejects.toThrow(InvalidParameterException);
});
