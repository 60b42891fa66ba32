/** A table, `things`, on one of the two engines. */
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll } from 'vitest';
import { type DynamodbService, dynamodb } from '../../src/dynamodb/index.ts';
import type { EngineKind } from '../../src/dynamodb/programs.ts';
import { ACCOUNT, REGION, type SmallCloud, smallCloud } from '../../test-kit/small-cloud.ts';

export const TABLE_ARN = `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/things`;

const TABLE = {
  TableName: 'things',
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  AttributeDefinitions: ['pk', 'sk', 'keeper'].map((AttributeName) => ({
    AttributeName,
    AttributeType: 'S',
  })),
  GlobalSecondaryIndexes: [
    {
      IndexName: 'by-keeper',
      KeySchema: [{ AttributeName: 'keeper', KeyType: 'HASH' }],
      Projection: { ProjectionType: 'ALL' },
    },
  ],
  BillingMode: 'PAY_PER_REQUEST',
  StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
  TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
  PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  SSESpecification: { SSEEnabled: true },
  Tags: [{ Key: 'team', Value: 'quay' }],
};

export const key = (pk: string, sk = '1') => ({ pk: { S: pk }, sk: { S: sk } });

export const allow = (
  Action: string | string[],
  Resource: string | string[] = TABLE_ARN,
  Condition?: object,
) => ({ Effect: 'Allow', Action, Resource, ...(Condition ? { Condition } : {}) });

export interface Table {
  readonly cloud: SmallCloud<DynamodbService>;
  readonly client: DynamoDBClient;
  /** A client of a role with these statements. */
  as(role: string, ...statements: object[]): DynamoDBClient;
  put(item: Record<string, { S: string } | { N: string }>): Promise<unknown>;
}

/** The table is there while the tests beside the call run. */
export function thingsOn(kind: EngineKind): Table {
  let cloud: SmallCloud<DynamodbService>;
  let client: DynamoDBClient;
  beforeAll(async () => {
    cloud = await smallCloud((each) => dynamodb(each, { kind }));
    await cloud.provide('AWS::DynamoDB::Table', TABLE);
    client = new DynamoDBClient(cloud.operator);
  });
  afterAll(async () => {
    client.destroy();
    await cloud.stop();
  });
  return {
    get cloud() {
      return cloud;
    },
    get client() {
      return client;
    },
    as: (role, ...statements) => new DynamoDBClient(cloud.role(role, statements)),
    put: (Item) => client.send(new PutItemCommand({ TableName: 'things', Item })),
  };
}
