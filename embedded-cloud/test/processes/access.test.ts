import { createHash, createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Principal } from '../../src/service.ts';
import { zip } from '../../test-kit/zip.ts';
import { Scene, server } from './scene.ts';

const TRUST = {
  Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } },
};
const Deployer = {
  Type: 'AWS::IAM::Role',
  Properties: {
    RoleName: 'deployer',
    AssumeRolePolicyDocument: TRUST,
    Policies: [
      {
        PolicyName: 'deploy',
        PolicyDocument: {
          Statement: [
            {
              Effect: 'Allow',
              Action: ['processes:DescribeGroup', 'processes:CreateVersion'],
              Resource: '*',
              Condition: { StringEquals: { 'aws:ResourceTag/team': 'shop' } },
            },
          ],
        },
      },
    ],
  },
};
const DEPLOYER: Principal = { kind: 'role', arn: 'arn:aws:iam::000000000000:role/deployer' };

let scene: Scene;
beforeEach(async () => {
  scene = await Scene.open({}, { Deployer });
});
afterEach(() => scene.close());

describe('a role', () => {
  it('may do what its policies say, with conditions on tags, and reads code with its own permission', async () => {
    await scene.call('CreateGroup', { GroupName: 'shop', Type: 'web', Tags: { team: 'shop' } });
    await scene.call('CreateGroup', { GroupName: 'bank', Type: 'web', Tags: { team: 'bank' } });
    const Code = await scene.store(await zip({ 'server.js': server('one') }));
    const version = { GroupName: 'shop', Command: 'node server.js', Code };

    await expect(scene.call('DescribeGroup', { GroupName: 'shop' }, DEPLOYER)).resolves.toBeTruthy();
    await expect(scene.call('DescribeGroup', { GroupName: 'bank' }, DEPLOYER)).rejects.toThrow(
      /not authorized to perform: processes:DescribeGroup on resource: arn:aws:processes:us-east-1:000000000000:group\/bank/,
    );
    await expect(scene.call('DeleteGroup', { GroupName: 'shop' }, DEPLOYER)).rejects.toThrow(
      /processes:DeleteGroup/,
    );
    await expect(scene.call('CreateVersion', version, DEPLOYER)).rejects.toThrow(
      /s3:GetObject|S3 answered 403/,
    );
  });
});

describe('the gateway', () => {
  it('takes signed requests, and refuses others', async () => {
    await scene.group();

    const good = await signed('DescribeGroup', { GroupName: 'shop' });
    const bad = await signed('DescribeGroup', { GroupName: 'shop' }, 'wrong');

    expect({ status: good.status, body: await good.json() }).toMatchObject({
      status: 200,
      body: { Group: { GroupName: 'shop', Traffic: [] } },
    });
    expect(bad.status).toBe(400);
  });
});

describe('a request', () => {
  it.each([
    ['CreateGroup', { GroupName: 'a b', Type: 'web' }, 'GroupName: must have'],
    ['CreateGroup', { GroupName: 'shop', Type: 'cron' }, 'Type: '],
    ['CreateVersion', { Environment: { PORT: '80' } }, 'Environment: the service itself sets PORT'],
    ['CreateVersion', { Replicas: 0 }, 'Replicas: '],
    ['CreateVersion', { Colour: 'red' }, 'Unrecognized key'],
    ['SetTraffic', { Weights: [{ Version: 1, Percent: 90 }] }, 'Weights: must sum up to 100 percent'],
    [
      'SetTraffic',
      { Weights: [1, 1].map((Version) => ({ Version, Percent: 50 })) },
      'must name each version once',
    ],
    ['AskVersion', { Version: 1, Path: 'x' }, 'Path: must begin with /'],
  ])('%s with %j is refused', async (action, input, message) => {
    await scene.group();
    const Code = { S3Bucket: 'code', S3Key: 'x', Sha256: '0'.repeat(64) };
    const needed: Record<string, object> = { CreateVersion: { GroupName: 'shop', Command: 'true', Code } };

    await expect(scene.call(action, { GroupName: 'shop', ...needed[action], ...input })).rejects.toThrow(
      message,
    );
  });

  it('about what is not there says so', async () => {
    await scene.group();

    await expect(scene.describe('bank')).rejects.toThrow('There is no process group bank.');
    await expect(scene.traffic([7, 100])).rejects.toThrow('The process group shop has no version 7.');
    await expect(scene.group()).rejects.toThrow('There is a process group shop already.');
  });
});

/** SigV4, as an SDK signs. */
async function signed(action: string, input: object, secret?: string): Promise<Response> {
  const { endpoint, operator } = scene.cloud;
  const body = JSON.stringify(input);
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = `${date.slice(0, 8)}/us-east-1/processes/aws4_request`;
  const headers = { host: new URL(endpoint).host, 'x-amz-date': date, 'x-amz-target': `Processes.${action}` };
  const names = Object.keys(headers).join(';');
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
  const canonical = ['POST', '/', '', lines.join(''), names, sha256(body)].join('\n');
  const key = ['processes', 'aws4_request'].reduce(
    hmac,
    hmac(hmac(`AWS4${secret ?? operator.secretAccessKey}`, date.slice(0, 8)), 'us-east-1'),
  );
  const signature = hmac(key, ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n')).toString(
    'hex',
  );
  const authorization = `AWS4-HMAC-SHA256 Credential=${operator.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  return fetch(endpoint, {
    method: 'POST',
    headers: { ...headers, authorization, 'content-type': 'application/x-amz-json-1.1' },
    body,
  });
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
