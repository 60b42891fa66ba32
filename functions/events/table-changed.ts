/**
 * The relay of the outbox: every change of state in the table becomes an event on the bus, and a notification for each
 * who has subscribed to it.
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { publishEvents } from '../../lib/aws/event-bus.ts';
import { dynamoTable } from '../../lib/aws/table.ts';
import { clock } from '../../lib/aws/world.ts';
import { eventOf } from '../../lib/contract/events/relay.ts';
import { isSubscribable } from '../../lib/contract/events/subscribable.ts';
import { announce } from '../../lib/domain/notification/announce.ts';

const ports = { table: dynamoTable(), clock };

type Image = Record<string, AttributeValue> | undefined;

/** A batch that fails is sent again from its first record, so an event may come twice, and never not at all. */
export async function handler(event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> {
  const events = event.Records.flatMap(({ dynamodb }) => {
    const read = (image: Image) => image && unmarshall(image);
    const change = { before: read(dynamodb?.OldImage as Image), after: read(dynamodb?.NewImage as Image) };
    const event = eventOf(change);
    const seconds = dynamodb?.ApproximateCreationDateTime;
    return event === undefined
      ? []
      : [{ ...event, time: seconds === undefined ? clock.now() : new Date(seconds * 1000) }];
  });
  const subscribable = events.filter(({ name }) => isSubscribable(name));
  await Promise.all([publishEvents(events), announce(ports, subscribable)]);
  return { batchItemFailures: [] };
}
