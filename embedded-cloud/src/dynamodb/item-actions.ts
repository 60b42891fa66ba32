/** Actions on items: authorised here, then passed to the engine as they came. */
import type { Action, Call } from '../service.ts';
import type { Arns } from './arns.ts';
import {
  type Authorizer,
  authorizeBatch,
  authorizeSingle,
  authorizeStatements,
  authorizeTransaction,
} from './authorization.ts';
import type { Backend } from './backend.ts';
import { type CapacityListener, capacityUses, withCapacityAsAsked } from './capacity.ts';
import type { Catalog } from './catalog.ts';
import { type Json, record, records, text } from './shape.ts';

export interface ItemFront {
  readonly backend: Backend;
  readonly catalog: Catalog;
  readonly capacityListeners: ReadonlySet<CapacityListener>;
  readonly writeListeners: ReadonlySet<(tableArn: string) => void>;
}

type Authorization = (authorizer: Authorizer, action: string, request: Json) => Promise<string[]>;

const READS = new Set(['GetItem', 'Query', 'Scan', 'BatchGetItem', 'TransactGetItems']);

const AUTHORIZATIONS: Record<string, Authorization> = {
  GetItem: authorizeSingle,
  PutItem: authorizeSingle,
  UpdateItem: authorizeSingle,
  DeleteItem: authorizeSingle,
  Query: authorizeSingle,
  Scan: authorizeSingle,
  BatchGetItem: authorizeBatch,
  BatchWriteItem: authorizeBatch,
  TransactGetItems: authorizeTransaction,
  TransactWriteItems: authorizeTransaction,
};

/** The item actions by name, PartiQL's included. */
export function itemActions(front: ItemFront): Record<string, Action> {
  const actions: Record<string, Action> = {};
  for (const [action, authorization] of Object.entries(AUTHORIZATIONS)) {
    const reads = READS.has(action);
    actions[action] = async (input, call) => {
      const { arns } = await front.backend.connect();
      const request = plainNames(input, arns);
      const tables = await authorization(authorizer(front, arns, call), action, request);
      return forward(front, arns, action, request, { tables, reads, principalArn: call.principal.arn });
    };
  }
  for (const action of ['ExecuteStatement', 'BatchExecuteStatement', 'ExecuteTransaction'])
    actions[action] = async (input, call) => {
      const { arns } = await front.backend.connect();
      const { tables, writes } = await authorizeStatements(authorizer(front, arns, call), action, input);
      return forward(front, arns, action, input, {
        tables,
        reads: !writes,
        principalArn: call.principal.arn,
      });
    };
  return actions;
}

function authorizer({ catalog }: ItemFront, arns: Arns, call: Call): Authorizer {
  return { call, factsOf: (table) => catalog.factsOf(table), arnOf: (table) => arns.table(table) };
}

async function forward(
  { backend, capacityListeners, writeListeners }: ItemFront,
  arns: Arns,
  action: string,
  request: Json,
  about: { tables: readonly string[]; reads: boolean; principalArn: string },
): Promise<Json> {
  const observed = capacityListeners.size > 0;
  const answer = await backend.item(
    action,
    observed ? { ...request, ReturnConsumedCapacity: 'INDEXES' } : request,
  );
  if (!about.reads && writeListeners.size > 0)
    for (const table of new Set(about.tables))
      for (const listener of writeListeners) listener(arns.table(table));
  if (!observed) return answer;
  for (const use of capacityUses(action, request, answer, about.reads, about.principalArn))
    for (const listener of capacityListeners) listener(use);
  return withCapacityAsAsked(answer, request.ReturnConsumedCapacity);
}

/** The request with names where it has ARNs: the engines know only names. Unchanged (the same object) if it has none. */
function plainNames(request: Json, arns: Arns): Json {
  const table = text(request.TableName);
  if (table?.startsWith('arn:')) return { ...request, TableName: arns.tableName(table) };
  const batch = record(request.RequestItems);
  if (batch && Object.keys(batch).some((name) => name.startsWith('arn:')))
    return {
      ...request,
      RequestItems: Object.fromEntries(
        Object.entries(batch).map(([name, part]) => [arns.tableName(name), part]),
      ),
    };
  const transaction = records(request.TransactItems);
  const named = (entry: Json) =>
    Object.values(entry).some((part) => text(record(part)?.TableName)?.startsWith('arn:'));
  if (!transaction.some(named)) return request;
  const plain = (entry: Json) =>
    Object.fromEntries(
      Object.entries(entry).map(([kind, part]) => [kind, plainNames(record(part) ?? {}, arns)]),
    );
  return { ...request, TransactItems: transaction.map(plain) };
}
