/** The relay of the outbox: every change of state in the table becomes an event on the bus. */

import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { publishEvents } from '../../lib/aws/event-bus.ts';
import { eventOf } from '../../lib/domain/storage/events.ts';

type Image = Record<string, AttributeValue> | undefined;

/** A batch that fails is sent again from its first record, so an event may come twice, and never not at all. */
export async function handler(event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> {
  const events = event.Records.flatMap(({ dynamodb }) => {
    const read = (image: Image) => image && unmarshall(image);
    const change = eventOf(read(dynamodb?.OldImage as Image), read(dynamodb?.NewImage as Image));
    return change === undefined ? [] : [change];
  });
  await publishEvents(events);
  return { batchItemFailures: [] };
}
