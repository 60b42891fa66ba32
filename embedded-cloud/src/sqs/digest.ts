/** The MD5 sums by which a sender checks what SQS has understood. */
import { createHash } from 'node:crypto';
import type { MessageAttributes } from './requests.ts';

export const digestOf = (body: string): string => createHash('md5').update(body).digest('hex');

/**
 * Of the attributes by name: name, type, a byte for the kind of value, and the value, each text after its length in four
 * bytes (SQS developer guide, "Calculating the MD5 message digest for message attributes").
 */
export function digestOfAttributes(attributes: MessageAttributes): string | undefined {
  const names = Object.keys(attributes).sort();
  if (names.length === 0) return undefined;
  const hash = createHash('md5');
  const add = (bytes: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  };
  for (const name of names) {
    const { DataType = '', StringValue, BinaryValue = '' } = attributes[name] ?? {};
    add(Buffer.from(name));
    add(Buffer.from(DataType));
    const isText = StringValue !== undefined;
    hash.update(Buffer.from([isText ? 1 : 2]));
    add(isText ? Buffer.from(StringValue) : Buffer.from(BinaryValue, 'base64'));
  }
  return hash.digest('hex');
}
