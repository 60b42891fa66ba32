/**
 * The condition values of DynamoDB's fine-grained access control
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html): which partition keys
 * and top-level attributes a request touches.
 */
import type { ConditionValues } from '../service.ts';
import { type Json, list, record, records, text } from './shape.ts';

/** An attribute value's content as policies compare it: the string, the number's digits, base64 of bytes. */
export function keyText(attributeValue: unknown): string | undefined {
  const value = record(attributeValue);
  return value && (text(value.S) ?? text(value.N) ?? text(value.B));
}

const EXPRESSIONS = [
  'ProjectionExpression',
  'FilterExpression',
  'KeyConditionExpression',
  'ConditionExpression',
  'UpdateExpression',
] as const;

/** Words of the expression language; a function is known by the parenthesis behind it. */
const KEYWORDS = new Set(['SET', 'REMOVE', 'ADD', 'DELETE', 'AND', 'OR', 'NOT', 'BETWEEN', 'IN']);

/** A name at the beginning of a document path (not behind `.`, `:` or `#`), and whether `(` follows. */
const PATH_HEAD = /(?<![.:#\w])(#\w+|[A-Za-z_]\w*)(\s*\()?/g;

function expressionAttributes(request: Json, into: Set<string>): void {
  const aliases = record(request.ExpressionAttributeNames) ?? {};
  for (const member of EXPRESSIONS) {
    const expression = text(request[member]);
    if (!expression) continue;
    for (const [, name = '', parenthesis] of expression.matchAll(PATH_HEAD)) {
      if (name.startsWith('#')) into.add(text(aliases[name]) ?? name);
      else if (!KEYWORDS.has(name.toUpperCase()) && !parenthesis) into.add(name);
      // `IN (` and `AND (` look like functions; they are keywords all the same, and no attribute either way.
    }
  }
}

/** Top-level attributes that a request names: those of its key, item, expressions and legacy lists. */
function attributesOf(request: Json): string[] {
  const names = new Set<string>([
    ...Object.keys(record(request.Key) ?? {}),
    ...Object.keys(record(request.Item) ?? {}),
    ...Object.keys(record(request.AttributeUpdates) ?? {}),
    ...Object.keys(record(request.Expected) ?? {}),
    ...Object.keys(record(request.KeyConditions) ?? {}),
    ...list(request.AttributesToGet).flatMap((name) => text(name) ?? []),
  ]);
  expressionAttributes(request, names);
  return [...names];
}

/** The `Select` that a read amounts to, with the defaults of the Query API. */
function selectOf(request: Json): string {
  const named = text(request.Select);
  if (named) return named;
  if (request.ProjectionExpression !== undefined || request.AttributesToGet !== undefined)
    return 'SPECIFIC_ATTRIBUTES';
  return request.IndexName === undefined ? 'ALL_ATTRIBUTES' : 'ALL_PROJECTED_ATTRIBUTES';
}

/**
 * Partition key of a Query: the operand of `key = :value`.
 * A key that cannot be read gives an empty one, which a policy that limits keys then refuses; leaving it out would let
 * `ForAllValues` pass.
 */
function queriedKeys(request: Json, partitionKey: string): string[] {
  const legacy = record(record(request.KeyConditions)?.[partitionKey]);
  if (legacy) return [keyText(list(legacy.AttributeValueList)[0]) ?? ''];
  const aliases = record(request.ExpressionAttributeNames) ?? {};
  const values = record(request.ExpressionAttributeValues) ?? {};
  for (const [, name = '', operand = ''] of (text(request.KeyConditionExpression) ?? '').matchAll(
    /(#?[\w.-]+)\s*=\s*(:\w+)/g,
  )) {
    if ((name.startsWith('#') ? text(aliases[name]) : name) === partitionKey)
      return [keyText(values[operand]) ?? ''];
  }
  return [''];
}

/** Partition keys of the items in one table's part of a BatchGetItem or BatchWriteItem. */
export function batchKeys(part: unknown, partitionKey: string): string[] {
  const reads = records(record(part)?.Keys);
  const writes = records(part).map(
    (write) => record(record(write.PutRequest)?.Item) ?? record(record(write.DeleteRequest)?.Key) ?? {},
  );
  return [...new Set([...reads, ...writes].map((item) => keyText(item[partitionKey]) ?? ''))];
}

/** Condition values of a request on one item, or of a Query or Scan. */
export function requestValues(action: string, request: Json, partitionKey: string): ConditionValues {
  const item = record(request.Key) ?? record(request.Item);
  const reads = action === 'GetItem' || action === 'Query' || action === 'Scan';
  const keys = item
    ? [keyText(item[partitionKey]) ?? '']
    : action === 'Query'
      ? queriedKeys(request, partitionKey)
      : undefined;
  return {
    'dynamodb:LeadingKeys': keys,
    'dynamodb:Attributes': attributesOf(request),
    'dynamodb:Select': reads ? selectOf(request) : undefined,
    'dynamodb:ReturnValues': text(request.ReturnValues) ?? (reads ? undefined : 'NONE'),
    'dynamodb:ReturnConsumedCapacity': text(request.ReturnConsumedCapacity) ?? 'NONE',
  };
}
