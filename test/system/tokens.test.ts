/** Tokens on the whole system: what is none, how one is kept, and what it may give. */
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { Role } from '../../lib/domain/access/role.ts';
import { digestOf, newProject, newSlug } from './flow.ts';
import { codeOf } from './problem.ts';
import { type Staithe, sharedStaithe } from './server.ts';
import { allItems, tableName } from './table.ts';

let staithe: Staithe;
let project: string;
let projectId: string;
let other: string;
beforeAll(async () => {
  staithe = await sharedStaithe();
  const { client } = staithe;
  project = await newProject(client);
  other = await newProject(client);
  projectId = (await client.call('getProject', { params: { project } })).id;
});
afterAll(() => staithe[Symbol.asyncDispose]());

const newToken = (role: Role, of?: string) =>
  staithe.client.call('createToken', { body: { role, ...(of !== undefined && { project: of }) } });

describe('without a good token', () => {
  it('anything else than a good token is a 401', async () => {
    const { secret } = await newToken('admin');
    const good = `Bearer ${secret}`;
    const headers = [
      secret,
      `Basic ${secret}`,
      `${good}x`,
      good.slice(0, -1),
      good.replace(/.{5}$/, 'AAAAA'),
      `${good}, ${good}`,
      'Bearer',
      'Bearer ',
      'Bearer stt_00000000000000000000000000_0000000000000000000000000000000000000000000',
      'Bearer a.b.c',
      'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJqb2IifQ.',
      `Bearer ${'x'.repeat(5000)}`,
    ];
    const answers = await Promise.all(
      headers.map((authorization) =>
        staithe.http('GET', '/v1/whoami', { token: null, headers: { authorization } }),
      ),
    );
    expect(answers.map(codeOf)).toEqual(headers.map(() => '401 unauthenticated'));
    const lower = { authorization: `bearer ${secret}` };
    expect(await staithe.http('GET', '/v1/whoami', { token: null, headers: lower })).toMatchObject({
      status: 200,
    });
  });

  it('a revoked token is nobody at once', async () => {
    const { id, secret } = await newToken('admin');
    expect(await staithe.http('GET', '/v1/whoami', { token: secret })).toMatchObject({ status: 200 });
    await staithe.client.call('deleteToken', { params: { token: id } });
    expect(codeOf(await staithe.http('GET', '/v1/whoami', { token: secret }))).toBe('401 unauthenticated');
  });

  it('every token of a disabled user is nobody at once, and is told why', async () => {
    const { client } = staithe;
    const { name } = await client.call('createUser', { body: { name: newSlug('user'), role: 'viewer' } });
    const { secret } = await client.call('createToken', { body: { user: name } });
    const before = await staithe.http('GET', '/v1/whoami', { token: secret });
    await client.call('updateUser', { params: { user: name }, body: { status: 'disabled' } });

    const after = await staithe.http('GET', '/v1/projects', { token: secret });

    expect(before).toMatchObject({ status: 200, body: { kind: 'user', user: { name }, role: 'viewer' } });
    expect([codeOf(after), JSON.stringify(after.body)]).toEqual([
      '401 unauthenticated',
      expect.stringContaining(`user '${name}' is disabled`),
    ]);
  });

  it('an expired token is nobody, and is told when it expired', async () => {
    const { id, secret } = await staithe.client.call('createToken', {
      body: { role: 'viewer', expires_in_days: 1 },
    });
    expect(await staithe.http('GET', '/v1/whoami', { token: secret })).toMatchObject({ status: 200 });
    const past = '2026-01-01T00:00:00.000Z';
    await new DynamoDBClient(staithe.aws).send(
      new UpdateItemCommand({
        TableName: tableName(staithe),
        Key: { pk: { S: `TOKEN#${id}` }, sk: { S: 'TOKEN' } },
        UpdateExpression: 'SET expires_at = :past',
        ExpressionAttributeValues: { ':past': { S: past } },
      }),
    );
    const answer = await staithe.http('GET', '/v1/whoami', { token: secret });
    expect(codeOf(answer)).toBe('401 unauthenticated');
    expect(JSON.stringify(answer.body)).toContain(past);
  });
});

describe('a token', () => {
  it('is kept as a hash alone, and its secret is shown once', async () => {
    const made = await newToken('developer', project);
    const items = await allItems(staithe);
    const kept = items.find((item) => item.id === made.id);
    expect(kept).toMatchObject({ secret_hash: digestOf(Buffer.from(made.secret)), role: 'developer' });
    const text = JSON.stringify(items);
    for (const secret of [made.secret, staithe.adminToken, staithe.webhookSecret])
      for (const part of [secret, secret.slice(-43)]) expect(text).not.toContain(part);
    const listed = await staithe.client.call('listTokens', { query: { limit: 100 } });
    expect(JSON.stringify(listed)).not.toContain(made.secret.slice(-43));
  });

  it('bound to a project can be made by an operator who may invoke the function for it', async () => {
    const { FunctionError, Payload } = await new LambdaClient(staithe.aws).send(
      new InvokeCommand({
        FunctionName: staithe.cloud.outputs.AdminTokenFunction,
        Payload: JSON.stringify({ role: 'deployer', project }),
      }),
    );
    const { secret } = z
      .object({ secret: z.string() })
      .parse(JSON.parse(Buffer.from(Payload ?? []).toString()));
    expect(FunctionError).toBeUndefined();
    expect(await staithe.as(secret).call('whoAmI')).toMatchObject({
      role: 'deployer',
      project_id: projectId,
    });
  });

  it('gives no more than it has: no higher role, no other project', async () => {
    const bound = staithe.as((await newToken('admin', project)).secret);
    const token = await bound.call('createToken', { body: { role: 'admin' } });
    expect(token.project_id).toBe(projectId);
    const everywhere = await staithe.http('POST', '/v1/tokens', {
      token: token.secret,
      body: { role: 'viewer', project: other },
    });
    expect(codeOf(everywhere)).toBe('404 not_found');
  });
});
