/** `AWS::DynamoDB::Table` and `AWS::DynamoDB::GlobalTable`: made at the first start, kept and adapted at later ones. */
import { createHash } from 'node:crypto';
import { AwsError, type Cloud, type Materialized, type ResourceRequest } from '../service.ts';
import type { Backend } from './backend.ts';
import type { Catalog } from './catalog.ts';
import { type Json, record, records, text } from './shape.ts';
import { RECOVERY_DAYS, tagPairs } from './table-actions.ts';

/** A template's table in the words of the CreateTable API, and what that API does not cover. */
interface TableSpecification {
  readonly create: Json;
  readonly timeToLive: Json | undefined;
  readonly tags: [string, string][];
  readonly recoveryDays: number | undefined;
}

const INDEX_MEMBERS = ['IndexName', 'KeySchema', 'Projection', 'ProvisionedThroughput'];

function pick(from: Json, members: readonly string[]): Json {
  return Object.fromEntries(
    members.flatMap((member) => (from[member] === undefined ? [] : [[member, from[member]]])),
  );
}

function recoveryDays(specification: unknown): number | undefined {
  const recovery = record(specification);
  // CloudFormation also passes booleans as the strings "true" and "false".
  if (String(recovery?.PointInTimeRecoveryEnabled) !== 'true') return undefined;
  return Number(recovery?.RecoveryPeriodInDays ?? RECOVERY_DAYS);
}

export function tableSpecification(
  { type, generatedName, properties }: ResourceRequest,
  region: string,
): TableSpecification {
  // A global table's per-region settings stand in its replica of this region.
  const replica =
    type === 'AWS::DynamoDB::GlobalTable'
      ? (records(properties.Replicas).find((each) => each.Region === region) ?? {})
      : properties;
  const provisioned = properties.ProvisionedThroughput !== undefined;
  const indexes = (member: string) => records(properties[member]).map((index) => pick(index, INDEX_MEMBERS));
  const globals = indexes('GlobalSecondaryIndexes');
  const locals = indexes('LocalSecondaryIndexes');
  const view = record(properties.StreamSpecification)?.StreamViewType;
  return {
    create: {
      TableName: text(properties.TableName) ?? generatedName,
      ...pick(properties, ['KeySchema', 'AttributeDefinitions', 'ProvisionedThroughput']),
      BillingMode: provisioned ? 'PROVISIONED' : 'PAY_PER_REQUEST',
      ...(globals.length > 0 ? { GlobalSecondaryIndexes: globals } : {}),
      ...(locals.length > 0 ? { LocalSecondaryIndexes: locals } : {}),
      ...(view === undefined ? {} : { StreamSpecification: { StreamEnabled: true, StreamViewType: view } }),
      DeletionProtectionEnabled: String(replica.DeletionProtectionEnabled) === 'true',
    },
    timeToLive: record(properties.TimeToLiveSpecification),
    tags: tagPairs(replica.Tags),
    recoveryDays: recoveryDays(replica.PointInTimeRecoverySpecification),
  };
}

/** Key attributes with kinds and types, in one comparable text: `pk HASH S, sk RANGE S`. */
function keyText(keySchema: unknown, attributeDefinitions: unknown): string {
  const types = new Map(
    records(attributeDefinitions).map(({ AttributeName, AttributeType }) => [AttributeName, AttributeType]),
  );
  return records(keySchema)
    .map(({ AttributeName, KeyType }) => `${AttributeName} ${KeyType} ${types.get(AttributeName)}`)
    .join(', ');
}

function indexKeys(table: Json, member: string): Map<string, string> {
  return new Map(
    records(table[member]).map((index) => [
      text(index.IndexName) ?? '',
      keyText(index.KeySchema, table.AttributeDefinitions),
    ]),
  );
}

/** @throws AwsError when the template asks for what DynamoDB cannot change in a table with data */
function refuseReplacement(wanted: Json, existing: Json): void {
  const refuse = (what: string, had: string, wants: string): never => {
    throw new AwsError(
      'ValidationException',
      `The ${what} of table ${text(wanted.TableName)} cannot be changed: it is "${had}" and the template wants "${wants}". ` +
        'On AWS this change replaces the table and leaves its data behind. Give the table another name, or delete the local state.',
    );
  };
  const keys = (table: Json) => keyText(table.KeySchema, table.AttributeDefinitions);
  if (keys(wanted) !== keys(existing)) refuse('key schema', keys(existing), keys(wanted));
  const locals = (table: Json) =>
    [...indexKeys(table, 'LocalSecondaryIndexes')].map(String).sort().join('; ');
  if (locals(wanted) !== locals(existing))
    refuse('local secondary indexes', locals(existing), locals(wanted));
  const had = indexKeys(existing, 'GlobalSecondaryIndexes');
  for (const [name, wants] of indexKeys(wanted, 'GlobalSecondaryIndexes')) {
    const has = had.get(name);
    if (has !== undefined && has !== wants) refuse(`index ${name}`, has, wants);
  }
}

/** DynamoDB Local answers a DescribeTable with InternalFailure now and then while it fills an index: ask again. */
function passing(error: unknown): undefined {
  if (error instanceof AwsError && error.code === 'InternalFailure') return undefined;
  throw error;
}

/** A UUID that stays the same for the table: DynamoDB Local gives none. */
function tableId(arn: string): string {
  const digits = createHash('sha256').update(arn).digest('hex');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
}

export class TableResource {
  readonly #cloud: Cloud;
  readonly #backend: Backend;
  readonly #catalog: Catalog;

  constructor(cloud: Cloud, backend: Backend, catalog: Catalog) {
    this.#cloud = cloud;
    this.#backend = backend;
    this.#catalog = catalog;
  }

  async provide(request: ResourceRequest): Promise<Materialized> {
    const specification = tableSpecification(request, this.#cloud.region);
    const { create } = specification;
    const name = text(create.TableName) ?? '';
    const existing = await this.#describe(name);
    if (existing) await this.#adapt(create, existing);
    else await this.#backend.table('CreateTable', create);
    const table = await this.#untilActive(name);
    await this.#applyTimeToLive(name, specification.timeToLive);
    this.#catalog.untag(name, [...this.#catalog.tags(name).keys()]);
    this.#catalog.tag(name, specification.tags);
    const days = specification.recoveryDays;
    this.#catalog.setBackups(
      name,
      days === undefined ? undefined : { enabledAt: this.#cloud.now(), recoveryDays: days },
    );
    return {
      ref: name,
      attributes: {
        Arn: table.TableArn,
        StreamArn: table.LatestStreamArn,
        TableId: table.TableId ?? tableId(text(table.TableArn) ?? ''),
      },
    };
  }

  async #describe(name: string): Promise<Json | undefined> {
    try {
      return record((await this.#backend.table('DescribeTable', { TableName: name })).Table);
    } catch (error) {
      if (error instanceof AwsError && error.code === 'ResourceNotFoundException') return undefined;
      throw error;
    }
  }

  /** Brings an existing table up to the template: indexes, stream, deletion protection. Data stays. */
  async #adapt(wanted: Json, existing: Json): Promise<void> {
    refuseReplacement(wanted, existing);
    const name = text(wanted.TableName) ?? '';
    // DynamoDB takes one index change in one UpdateTable.
    const update = async (change: Json) => {
      await this.#backend.table('UpdateTable', { TableName: name, ...change });
      await this.#untilActive(name);
    };
    const had = indexKeys(existing, 'GlobalSecondaryIndexes');
    const wants = indexKeys(wanted, 'GlobalSecondaryIndexes');
    for (const IndexName of had.keys())
      if (!wants.has(IndexName)) await update({ GlobalSecondaryIndexUpdates: [{ Delete: { IndexName } }] });
    for (const index of records(wanted.GlobalSecondaryIndexes))
      if (!had.has(text(index.IndexName) ?? ''))
        await update({
          AttributeDefinitions: wanted.AttributeDefinitions,
          GlobalSecondaryIndexUpdates: [{ Create: index }],
        });
    await this.#adaptStream(wanted, existing, update);
    if (wanted.DeletionProtectionEnabled !== (existing.DeletionProtectionEnabled === true))
      await update({ DeletionProtectionEnabled: wanted.DeletionProtectionEnabled });
  }

  async #adaptStream(wanted: Json, existing: Json, update: (change: Json) => Promise<void>): Promise<void> {
    const had = record(existing.StreamSpecification);
    const wants = record(wanted.StreamSpecification);
    const enabled = had?.StreamEnabled === true;
    if (enabled === (wants !== undefined) && had?.StreamViewType === wants?.StreamViewType) return;
    if (enabled) await update({ StreamSpecification: { StreamEnabled: false } });
    if (wants) await update({ StreamSpecification: wants });
  }

  async #untilActive(name: string): Promise<Json> {
    for (;;) {
      const table = (await this.#describe(name).catch(passing)) ?? {};
      const indexes = records(table.GlobalSecondaryIndexes);
      if (table.TableStatus === 'ACTIVE' && indexes.every((index) => index.IndexStatus === 'ACTIVE'))
        return table;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async #applyTimeToLive(name: string, wanted: Json | undefined): Promise<void> {
    const answer = await this.#backend.table('DescribeTimeToLive', { TableName: name });
    const { TimeToLiveStatus, AttributeName } = record(answer.TimeToLiveDescription) ?? {};
    const current = TimeToLiveStatus === 'ENABLED' ? text(AttributeName) : undefined;
    const next = wanted && String(wanted.Enabled) === 'true' ? text(wanted.AttributeName) : undefined;
    if (current === next) return;
    const set = (Enabled: boolean, attribute: string) =>
      this.#backend.table('UpdateTimeToLive', {
        TableName: name,
        TimeToLiveSpecification: { Enabled, AttributeName: attribute },
      });
    if (current) await set(false, current);
    if (next) await set(true, next);
  }
}
