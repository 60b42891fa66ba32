/** Reads one shard of a DynamoDB stream in batches, from where the last run has stopped. */
import { z } from 'zod';
import { AwsError, type Cloud, type Principal } from '../../service.ts';
import type { Filter } from './filter.ts';
import type { Mapping } from './mapping.ts';

const recordSchema = z.looseObject({
  dynamodb: z.looseObject({ SequenceNumber: z.string(), ApproximateCreationDateTime: z.number().optional() }),
});
export type StreamRecord = z.infer<typeof recordSchema>;

const pageSchema = z.looseObject({
  Records: z.array(recordSchema).default([]),
  NextShardIterator: z.string().nullish(),
});
const iteratorSchema = z.looseObject({ ShardIterator: z.string() });
const streamSchema = z.looseObject({
  StreamDescription: z.looseObject({
    Shards: z.array(z.looseObject({ ShardId: z.string(), ParentShardId: z.string().nullish() })).default([]),
    LastEvaluatedShardId: z.string().nullish(),
  }),
});
export type Shard = z.infer<typeof streamSchema>['StreamDescription']['Shards'][number];

/** A batch with the sequence number up to which the shard is done once the batch is. */
export interface Batch {
  readonly records: StreamRecord[];
  readonly upTo: string | undefined;
  readonly closed: boolean;
}

/** GetRecords returns at most 1,000 records. */
const PAGE_LIMIT = 1000;

/** Calls DynamoDB Streams as the function's role, as Lambda does. */
export class StreamReader {
  readonly #cloud: Cloud;
  readonly #mapping: Mapping;
  readonly #principal: () => Principal;
  readonly #filter: Filter;
  #iterator: string | undefined;

  constructor(cloud: Cloud, mapping: Mapping, principal: () => Principal, filter: Filter) {
    this.#cloud = cloud;
    this.#mapping = mapping;
    this.#principal = principal;
    this.#filter = filter;
  }

  /** Every shard of the stream, oldest first. */
  async shards(): Promise<Shard[]> {
    const all: Shard[] = [];
    let after: string | null | undefined;
    do {
      const input = {
        StreamArn: this.#mapping.EventSourceArn,
        ...(after && { ExclusiveStartShardId: after }),
      };
      const { StreamDescription } = streamSchema.parse(await this.#call('DescribeStream', input));
      all.push(...StreamDescription.Shards);
      after = StreamDescription.LastEvaluatedShardId;
    } while (after);
    return all;
  }

  /** Goes to a place in the shard: after a sequence number, or to the starting position. */
  async seek(shard: string, after: string | undefined, start: 'TRIM_HORIZON' | 'LATEST'): Promise<void> {
    const place =
      after === undefined
        ? { ShardIteratorType: start }
        : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: after };
    const input = { StreamArn: this.#mapping.EventSourceArn, ShardId: shard };
    try {
      this.#iterator = iteratorSchema.parse(
        await this.#call('GetShardIterator', { ...input, ...place }),
      ).ShardIterator;
    } catch (error) {
      if (!(error instanceof AwsError) || error.code !== 'TrimmedDataAccessException') throw error;
      const oldest = await this.#call('GetShardIterator', { ...input, ShardIteratorType: 'TRIM_HORIZON' });
      this.#iterator = iteratorSchema.parse(oldest).ShardIterator;
    }
  }

  /** The next records that pass the filter, at most `limit` of them; none is an answer too. */
  async next(limit: number): Promise<Batch> {
    const input = { ShardIterator: this.#iterator, Limit: Math.min(limit, PAGE_LIMIT) };
    const page = pageSchema.parse(await this.#call('GetRecords', input));
    this.#iterator = page.NextShardIterator ?? undefined;
    const records = page.Records.map((record) => ({
      ...record,
      eventSourceARN: this.#mapping.EventSourceArn,
    }));
    return {
      records: records.filter(this.#filter),
      upTo: page.Records.at(-1)?.dynamodb.SequenceNumber,
      closed: this.#iterator === undefined,
    };
  }

  #call(action: string, input: Record<string, unknown>): Promise<unknown> {
    return this.#cloud.call(this.#principal(), 'dynamodb', action, input);
  }
}
