/** Copies of items: a table gives and takes values, never references to its own. */
import type { Item } from '../../lib/domain/ports/table.ts';

/** 400 KB (docs: DynamoDB, "Item size"). Sizes here are those of the JSON, a little above DynamoDB's count. */
const MAX_ITEM_BYTES = 400 * 1024;

/** @throws Error for what the document marshaller or DynamoDB refuses: other than JSON's values, empty keys, too large */
export function copyOf(item: Item): Item {
  const copy = Object.fromEntries(members(item));
  for (const key of ['pk', 'sk', 'gsi1pk', 'gsi1sk'])
    if (copy[key] === '') throw new Error(`ValidationException: ${key} is empty.`);
  if ((copy.gsi1pk === undefined) !== (copy.gsi1sk === undefined))
    throw new Error('gsi1pk and gsi1sk come both or not at all.');
  if (Buffer.byteLength(JSON.stringify(copy)) > MAX_ITEM_BYTES)
    throw new Error('ValidationException: Item size has exceeded the maximum allowed size.');
  return { ...copy, pk: item.pk, sk: item.sk, entity: item.entity, revision: item.revision };
}

function members(value: object): [string, unknown][] {
  return Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([name, member]) => [name, attributeOf(member)]);
}

/** A map of DynamoDB's has no order of its own (docs: "Data types", Map): nothing may rely on the one it was written in. */
function inNoOrder(entries: [string, unknown][]): Record<string, unknown> {
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? 1 : -1)));
}

function attributeOf(value: unknown): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (Array.isArray(value)) return value.filter((member) => member !== undefined).map(attributeOf);
  if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype)
    return inNoOrder(members(value));
  throw new Error(`A table keeps no ${typeof value === 'object' ? value.constructor.name : String(value)}.`);
}
