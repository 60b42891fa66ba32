/** Actions on tables: authorised on the table's ARN, done by the engine, with tags and backups kept here. */
import { type Action, AwsError, type Call, type Cloud } from '../service.ts';
import type { Backend } from './backend.ts';
import type { Backups, Catalog } from './catalog.ts';
import { type Json, list, record, records, text } from './shape.ts';

const DAY = 24 * 60 * 60 * 1000;
/** The longest and default window of point-in-time recovery. */
export const RECOVERY_DAYS = 35;

/** Tags as `[{ Key, Value }]` into pairs. */
export function tagPairs(tags: unknown): [string, string][] {
  return records(tags).map((tag) => [text(tag.Key) ?? '', text(tag.Value) ?? '']);
}

/** The `ContinuousBackupsDescription` of a table. */
function backupsDescription(backups: Backups | undefined, now: number): Json {
  const pointInTime = backups
    ? {
        PointInTimeRecoveryStatus: 'ENABLED',
        RecoveryPeriodInDays: backups.recoveryDays,
        EarliestRestorableDateTime: Math.max(backups.enabledAt, now - backups.recoveryDays * DAY) / 1000,
        // AWS can restore to any second up to five minutes ago.
        LatestRestorableDateTime: Math.max(backups.enabledAt, now - 5 * 60 * 1000) / 1000,
      }
    : { PointInTimeRecoveryStatus: 'DISABLED' };
  return {
    ContinuousBackupsDescription: {
      ContinuousBackupsStatus: 'ENABLED',
      PointInTimeRecoveryDescription: pointInTime,
    },
  };
}

export function tableActions(cloud: Cloud, backend: Backend, catalog: Catalog): Record<string, Action> {
  /** The named table after the check of `dynamodb:<action>` on it. */
  const authorized = async (
    action: string,
    input: Json,
    call: Call,
    member = 'TableName',
  ): Promise<string> => {
    const { arns } = await backend.connect();
    const table = arns.tableName(text(input[member]) ?? '');
    const facts = await catalog.factsOf(table);
    call.authorize(`dynamodb:${action}`, arns.table(table), { values: { ...facts?.tagValues } });
    return table;
  };
  const existing = async (table: string): Promise<void> => {
    if (!(await catalog.factsOf(table)))
      throw new AwsError('TableNotFoundException', `Table not found: ${table}`);
  };
  const passed =
    (action: string): Action =>
    async (input, call) => {
      const table = await authorized(action, input, call);
      const answer = await backend.table(action, { ...input, TableName: table });
      if (!action.startsWith('Describe')) catalog.forget(table);
      return answer;
    };

  return {
    DescribeTable: passed('DescribeTable'),
    UpdateTable: passed('UpdateTable'),
    DescribeTimeToLive: passed('DescribeTimeToLive'),
    UpdateTimeToLive: passed('UpdateTimeToLive'),
    async CreateTable(input, call) {
      const table = await authorized('CreateTable', input, call);
      const { Tags, ResourcePolicy, ...engineInput } = input;
      const answer = await backend.table('CreateTable', { ...engineInput, TableName: table });
      catalog.drop(table);
      catalog.tag(table, tagPairs(Tags));
      return answer;
    },
    async DeleteTable(input, call) {
      const table = await authorized('DeleteTable', input, call);
      const answer = await backend.table('DeleteTable', { TableName: table });
      catalog.drop(table);
      return answer;
    },
    async ListTables(input, call) {
      call.authorize('dynamodb:ListTables', '*');
      return backend.table('ListTables', input);
    },
    async TagResource(input, call) {
      const table = await authorized('TagResource', input, call, 'ResourceArn');
      await existing(table);
      catalog.tag(table, tagPairs(input.Tags));
      return {};
    },
    async UntagResource(input, call) {
      const table = await authorized('UntagResource', input, call, 'ResourceArn');
      await existing(table);
      catalog.untag(
        table,
        list(input.TagKeys).flatMap((key) => text(key) ?? []),
      );
      return {};
    },
    async ListTagsOfResource(input, call) {
      const table = await authorized('ListTagsOfResource', input, call, 'ResourceArn');
      await existing(table);
      return { Tags: [...catalog.tags(table)].map(([Key, Value]) => ({ Key, Value })) };
    },
    async DescribeContinuousBackups(input, call) {
      const table = await authorized('DescribeContinuousBackups', input, call);
      await existing(table);
      return backupsDescription(catalog.backups(table), cloud.now());
    },
    async UpdateContinuousBackups(input, call) {
      const table = await authorized('UpdateContinuousBackups', input, call);
      await existing(table);
      const wanted = record(input.PointInTimeRecoverySpecification) ?? {};
      const days =
        typeof wanted.RecoveryPeriodInDays === 'number' ? wanted.RecoveryPeriodInDays : RECOVERY_DAYS;
      const enabled = wanted.PointInTimeRecoveryEnabled === true;
      catalog.setBackups(table, enabled ? { enabledAt: cloud.now(), recoveryDays: days } : undefined);
      return backupsDescription(catalog.backups(table), cloud.now());
    },
  };
}
