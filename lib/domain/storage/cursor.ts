/** Cursors: where a page ended, opaque to callers and of no use in another list. */
import * as z from 'zod';
import { StaitheError } from '../error.ts';
import type { Position } from '../ports/table.ts';

/** Keys are never empty, and DynamoDB takes sort keys of 1024 bytes; ours are ASCII. */
const KeyText = z.string().min(1).max(1024);
const Encoded = z.union([z.tuple([KeyText, KeyText]), z.tuple([KeyText, KeyText, KeyText, KeyText])]);

/** The position within its partition, in base64url: [pk, sk] of the item, and on the index its keys there. */
export function encodeCursor({ pk, sk, gsi1pk, gsi1sk }: Position): string {
  const parts = gsi1sk === undefined ? [pk, sk] : [pk, sk, gsi1pk, gsi1sk];
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** @throws StaitheError invalid_cursor when it is not one, or one of another list */
export function decodeCursor(cursor: string, partition: string, index: boolean): Position {
  const refuse = () => new StaitheError('invalid_cursor', 'The cursor is not one that this list gave.');
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    throw refuse();
  }
  const parts = Encoded.safeParse(parsed);
  if (!parts.success) throw refuse();
  const [pk, sk, gsi1pk, gsi1sk] = parts.data;
  if ((index ? gsi1pk : pk) !== partition || index !== (gsi1sk !== undefined)) throw refuse();
  return gsi1sk === undefined ? { pk, sk } : { pk, sk, gsi1pk: partition, gsi1sk };
}
