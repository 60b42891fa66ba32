/** A cloud with an item, an object and a secret. */

import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { RunningCloud } from '../../src/cloud.ts';

export const TEMPLATE = {
  Resources: {
    Table: {
      Type: 'AWS::DynamoDB::Table',
      Properties: {
        TableName: 'things',
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        BillingMode: 'PAY_PER_REQUEST',
      },
    },
    Bucket: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'things' } },
  },
};

export const settings = ({ endpoint, operator }: RunningCloud) => ({
  endpoint,
  region: 'us-east-1',
  credentials: operator,
  forcePathStyle: true,
});

/** The item, the object and the secret. */
export async function contents(cloud: RunningCloud): Promise<unknown[]> {
  const { Item } = await new DynamoDBClient(settings(cloud)).send(
    new GetItemCommand({ TableName: 'things', Key: { pk: { S: 'a' } } }),
  );
  const { Body } = await new S3Client(settings(cloud)).send(
    new GetObjectCommand({ Bucket: 'things', Key: 'b' }),
  );
  const { SecretString } = await new SecretsManagerClient(settings(cloud)).send(
    new GetSecretValueCommand({ SecretId: 'c' }),
  );
  return [Item, await Body?.transformToString(), SecretString];
}

export const CONTENTS = [{ pk: { S: 'a' } }, 'bytes', 'secret'];
