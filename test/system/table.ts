/** The engine's table as it is, read by the account's operator. */
import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { expect } from 'vitest';
import type { Staithe } from './server.ts';

/** Every item of the table, sorted by key. */
export async function allItems(staithe: Staithe): Promise<Record<string, unknown>[]> {
  const client = new DynamoDBClient(staithe.aws);
  const TableName = tableName(staithe);
  const items: Record<string, unknown>[] = [];
  for await (const page of paginateScan({ client }, { TableName, ConsistentRead: true }))
    items.push(...(page.Items ?? []).map((item) => unmarshall(item)));
  client.destroy();
  return items.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

const keyOf = (item: Record<string, unknown>) => `${item.pk} ${item.sk}`;

export function tableName({ cloud }: Staithe): string {
  const ids = Object.entries(cloud.permissionsReport().granted).map(([, grant]) => grant.resource);
  const name = ids.map((arn) => /:table\/([^/*]+)$/.exec(arn)?.[1]).find((found) => found !== undefined);
  if (name === undefined) throw new Error('No role has a permission on a table.');
  return name;
}

/** Of an audit log: its entries are chained a moment after their requests, refusals among them, and stay for ever. */
export const isAudit = ({ pk }: Record<string, unknown>): boolean => /^AUDIT(_INBOX)?#/.test(String(pk));

/** Asks, assesses, and sees to it that the table is what it was, but for audit logs. */
export async function tableUnchanged<T>(staithe: Staithe, act: () => Promise<T>): Promise<T> {
  const all = async () => (await allItems(staithe)).filter((item) => !isAudit(item));
  const before = await all();
  const result = await act();
  expect(await all()).toEqual(before);
  return result;
}
