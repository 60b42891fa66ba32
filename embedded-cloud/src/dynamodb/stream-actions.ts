/** DynamoDB Streams: authorised on the stream's ARN, read from the engine, in AWS's shape. */
import { type Action, AwsError, type Call, type Cloud } from '../service.ts';
import { tableOfStream } from './arns.ts';
import type { Backend } from './backend.ts';
import type { Catalog } from './catalog.ts';
import { type Json, record, records, text } from './shape.ts';
import { changesNothing, streamDescription, streamRecord } from './stream-records.ts';
import { wasExpired } from './time-to-live.ts';

/** An iterator carries its stream's ARN in front, as on AWS, so that GetRecords can be authorised. */
function publicIterator(streamArn: string, engineIterator: unknown): string | undefined {
  const inner = text(engineIterator);
  return inner === undefined ? undefined : `${streamArn}|1|${Buffer.from(inner).toString('base64url')}`;
}

function parseIterator(iterator: unknown): { streamArn: string; inner: string } {
  const [streamArn, version, inner, ...more] = (text(iterator) ?? '').split('|');
  if (!streamArn || version !== '1' || !inner || more.length > 0)
    throw new AwsError('ValidationException', 'Invalid ShardIterator');
  return { streamArn, inner: Buffer.from(inner, 'base64url').toString() };
}

function streamTable(streamArn: string): string {
  const table = tableOfStream(streamArn);
  if (table !== undefined) return table;
  throw new AwsError('ValidationException', `Invalid StreamArn: ${streamArn}`);
}

export function streamActions(cloud: Cloud, backend: Backend, catalog: Catalog): Record<string, Action> {
  const authorized = (action: string, input: Json, call: Call): { streamArn: string; table: string } => {
    const streamArn = text(input.StreamArn) ?? '';
    call.authorize(`dynamodb:${action}`, streamArn);
    return { streamArn, table: streamTable(streamArn) };
  };
  const toEngine = async (input: Json, streamArn: string): Promise<Json> => {
    const { arns } = await backend.connect();
    return { ...input, StreamArn: arns.toEngine(streamArn) };
  };

  return {
    async ListStreams(input, call) {
      call.authorize('dynamodb:ListStreams', '*');
      const { arns } = await backend.connect();
      const table = text(input.TableName);
      const start = text(input.ExclusiveStartStreamArn);
      return backend.streamDescription('ListStreams', {
        ...input,
        ...(table === undefined ? {} : { TableName: arns.tableName(table) }),
        ...(start === undefined ? {} : { ExclusiveStartStreamArn: arns.toEngine(start) }),
      });
    },
    async DescribeStream(input, call) {
      const { streamArn, table } = authorized('DescribeStream', input, call);
      const answer = await backend.streamDescription('DescribeStream', await toEngine(input, streamArn));
      const facts = await catalog.factsOf(table);
      return {
        StreamDescription: streamDescription(record(answer.StreamDescription) ?? {}, facts?.keySchema ?? []),
      };
    },
    async GetShardIterator(input, call) {
      const { streamArn } = authorized('GetShardIterator', input, call);
      const answer = await backend.stream('GetShardIterator', await toEngine(input, streamArn));
      return { ShardIterator: publicIterator(streamArn, answer.ShardIterator) };
    },
    async GetRecords(input, call) {
      const { streamArn, inner } = parseIterator(input.ShardIterator);
      call.authorize('dynamodb:GetRecords', streamArn);
      const table = streamTable(streamArn);
      const answer = await backend.stream('GetRecords', { ...input, ShardIterator: inner });
      return {
        Records: records(answer.Records)
          .filter((entry) => !changesNothing(entry))
          .map((entry) => streamRecord(entry, cloud.region, wasExpired(catalog, table, entry))),
        NextShardIterator: publicIterator(streamArn, answer.NextShardIterator),
      };
    },
  };
}
