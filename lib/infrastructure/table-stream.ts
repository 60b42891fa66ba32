import { FilterCriteria, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import type { StaitheFunction } from './function.ts';
import type { Storage } from './storage.ts';

/** Changes of items with these members. */
export const changed = (image: 'NewImage' | 'OldImage', members: Readonly<Record<string, unknown>>) => ({
  dynamodb: {
    [image]: Object.fromEntries(Object.entries(members).map(([name, rule]) => [name, { S: rule }])),
  },
});

/**
 * Calls a function with changes of the table. DynamoDB lets two readers at a shard (docs: "DynamoDB Streams and AWS Lambda
 * triggers"): these are the relay of events and the audit log, and there is no room for a third.
 * @param filters of which one must match
 */
export function readTableStream(
  to: StaitheFunction,
  { table }: Storage,
  filters: readonly Readonly<Record<string, unknown>>[],
): void {
  const { tableStreamArn: stream } = table;
  if (stream === undefined) throw new Error('The table has no stream.');
  to.grant(
    {},
    {
      actions: ['dynamodb:DescribeStream', 'dynamodb:GetShardIterator', 'dynamodb:GetRecords'],
      resources: [stream],
    },
    // Lambda asks for it on all streams (docs: AWSLambdaDynamoDBExecutionRole).
    { actions: ['dynamodb:ListStreams'], resources: ['*'] },
  );
  const mapping = to.lambda.addEventSourceMapping('Stream', {
    eventSourceArn: stream,
    startingPosition: StartingPosition.TRIM_HORIZON,
    batchSize: 100,
    // No window: what happened shall take effect at once. No limit of retries: a change waits until it is taken.
    reportBatchItemFailures: true,
    bisectBatchOnError: true,
    filters: filters.map((filter) => FilterCriteria.filter(filter)),
  });
  const policy = to.role.node.tryFindChild('DefaultPolicy');
  if (policy !== undefined) mapping.node.addDependency(policy);
}
