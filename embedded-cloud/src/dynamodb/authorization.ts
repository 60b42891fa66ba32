/** Which IAM checks each item action of DynamoDB stands for. Everything is checked before anything is forwarded. */
import { AwsError, type Call, type ConditionValues } from '../service.ts';
import { batchKeys, requestValues } from './condition-values.ts';
import { statementTarget } from './partiql.ts';
import { type Json, record, records, text } from './shape.ts';
import type { TableFacts } from './table-facts.ts';

/** Facts of a table by name; undefined when there is no such table (the engine then answers the error). */
export type FactsOf = (table: string) => Promise<TableFacts | undefined> | TableFacts | undefined;

export interface Authorizer {
  readonly call: Call;
  readonly factsOf: FactsOf;
  readonly arnOf: (table: string) => string;
}

async function check(
  { call, factsOf, arnOf }: Authorizer,
  action: string,
  table: string,
  valuesOf: (facts: TableFacts) => ConditionValues,
  index?: string,
): Promise<void> {
  const known = factsOf(table);
  const facts = known instanceof Promise ? await known : known;
  const resource = index === undefined ? arnOf(table) : `${arnOf(table)}/index/${index}`;
  const values = () => (facts ? { ...facts.tagValues, ...valuesOf(facts) } : {});
  call.authorize(`dynamodb:${action}`, resource, { values });
}

function tableIn(request: Json): string {
  const table = text(request.TableName);
  if (table !== undefined) return table;
  throw new AwsError(
    'ValidationException',
    "1 validation error detected: Value null at 'tableName' failed to satisfy constraint: Member must not be null",
  );
}

/** Get, Put, Update, Delete, Query, Scan: the action itself, on the table or the index. */
export async function authorizeSingle(
  authorizer: Authorizer,
  action: string,
  request: Json,
): Promise<string[]> {
  const table = tableIn(request);
  const index = text(request.IndexName);
  const keyOf = (facts: TableFacts) =>
    (index === undefined ? undefined : facts.indexPartitionKeys.get(index)) ?? facts.partitionKey;
  await check(authorizer, action, table, (facts) => requestValues(action, request, keyOf(facts)), index);
  return [table];
}

/** BatchGetItem and BatchWriteItem: their own action, once for each table, with the keys of all of its items. */
export async function authorizeBatch(
  authorizer: Authorizer,
  action: string,
  request: Json,
): Promise<string[]> {
  const parts = Object.entries(record(request.RequestItems) ?? {});
  for (const [table, part] of parts)
    await check(authorizer, action, table, (facts) => ({
      'dynamodb:LeadingKeys': batchKeys(part, facts.partitionKey),
    }));
  return parts.map(([table]) => table);
}

/** What each member of a `TransactItems` entry needs; there is no permission named TransactWriteItems. */
const TRANSACT_ACTIONS: Record<string, string> = {
  Get: 'GetItem',
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
};

export async function authorizeTransaction(
  authorizer: Authorizer,
  action: string,
  request: Json,
): Promise<string[]> {
  const tables: string[] = [];
  for (const entry of records(request.TransactItems))
    for (const [kind, part] of Object.entries(entry)) {
      const itemAction = TRANSACT_ACTIONS[kind];
      const item = record(part);
      if (!itemAction || !item) continue; // The engine refuses what it does not know.
      const table = tableIn(item);
      await check(authorizer, itemAction, table, (facts) => ({
        ...requestValues(itemAction, item, facts.partitionKey),
        'dynamodb:EnclosingOperation': action,
      }));
      tables.push(table);
    }
  return tables;
}

/**
 * PartiQL has actions of its own. Keys are not read out of statements: an empty leading key makes a policy that limits
 * keys refuse the statement instead of letting it pass.
 */
export async function authorizeStatements(
  authorizer: Authorizer,
  action: string,
  request: Json,
): Promise<{ tables: string[]; writes: boolean }> {
  const statements =
    action === 'ExecuteStatement'
      ? [request]
      : [...records(request.Statements), ...records(request.TransactStatements)];
  const targets = statements.map(({ Statement }) => statementTarget(text(Statement) ?? ''));
  for (const target of targets)
    await check(
      authorizer,
      target.action,
      target.table,
      () => ({ 'dynamodb:LeadingKeys': [''], 'dynamodb:FullTableScan': target.fullScan }),
      target.index,
    );
  const writes = targets.filter((target) => target.action !== 'PartiQLSelect');
  return {
    tables: (writes.length > 0 ? writes : targets).map(({ table }) => table),
    writes: writes.length > 0,
  };
}
