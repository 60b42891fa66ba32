/** Receipt handles: a message's id and a random part, so that the handle of each receipt is another one. */
import { randomUUID } from 'node:crypto';
import { AwsError } from '../service.ts';

export const receiptOf = (id: string): string => Buffer.from(`${id} ${randomUUID()}`).toString('base64');

/** @throws AwsError ReceiptHandleIsInvalid */
export function messageIdOf(receipt: string): string {
  const [, id] = /^([0-9a-f-]{36}) [0-9a-f-]{36}$/.exec(Buffer.from(receipt, 'base64').toString()) ?? [];
  if (id !== undefined) return id;
  throw new AwsError(
    'ReceiptHandleIsInvalid',
    `The input receipt handle "${receipt}" is not a valid receipt handle.`,
  );
}
