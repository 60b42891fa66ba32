/** The audit log on the whole system: real requests, the CLI, and functions that are killed while they chain. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { eventually, until } from 'embedded-cloud/test-kit/patience.ts';
import { descendantsOf } from 'embedded-cloud/test-kit/processes.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { Keys } from '../../lib/domain/storage/keys.ts';
import { type Home, makeHome } from '../cli/process.ts';
import { deploy, functionTree, newEnvironment, newProject, newSlug, release } from './flow.ts';
import { type Staithe, sharedStaithe } from './server.ts';
import { tableName } from './table.ts';

let staithe: Staithe;
let home: Home;
beforeAll(async () => {
  staithe = await sharedStaithe();
  home = makeHome(staithe.url);
});
afterAll(async () => {
  home[Symbol.dispose]();
  await staithe[Symbol.asyncDispose]();
});

const cli = (...args: string[]) => home.run(args, { env: { STAITHE_TOKEN: staithe.adminToken } });

async function idOf(project: string): Promise<string> {
  return (await staithe.client.call('getProject', { params: { project } })).id;
}

const actionsOf = async (project: string): Promise<string[]> =>
  (await staithe.client.call('listAudit', { query: { project, limit: 100 } })).items.map(
    ({ action }) => action,
  );

/** A project whose log has so many changes of its name. */
async function changed(times: number): Promise<string> {
  const project = await newProject(staithe.client);
  for (let n = 0; n < times; n++)
    await staithe.client.call('updateProject', { params: { project }, body: { name: `name ${n}` } });
  await until(
    () => actionsOf(project),
    (actions) => actions.length === times,
  );
  return project;
}

const Environ = z.object({
  AWS_LAMBDA_FUNCTION_NAME: z.string(),
  AWS_ACCESS_KEY_ID: z.string(),
  AWS_SECRET_ACCESS_KEY: z.string(),
  AWS_SESSION_TOKEN: z.string().optional(),
});

/** Processes of functions whose name has this, with what they were started with. */
function functionsNamed(part: string) {
  return descendantsOf(process.pid).flatMap(({ pid }) => {
    const environ = Environ.safeParse(environOf(pid)).data;
    return environ?.AWS_LAMBDA_FUNCTION_NAME.includes(part) === true ? [{ pid, ...environ }] : [];
  });
}

function environOf(pid: number): Record<string, string | undefined> {
  try {
    const pairs = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return Object.fromEntries(pairs.map((pair) => [pair.split('=')[0], pair.slice(pair.indexOf('=') + 1)]));
  } catch {
    return {}; // it has ended meanwhile
  }
}

describe('what was done in a project', () => {
  it('is in its log, from the release to the end of the deployment, with digest and token', async () => {
    const { client } = staithe;
    const project = await newProject(client);
    await newEnvironment(client, project);
    const { id, artifacts } = await release(client, project, '1.0.0', functionTree('audited'));
    const deployment = await deploy(client, project, 'test', id);
    const all = ['putEnvironment', 'createSource', 'createBuild', 'createRelease', 'createDeployment'];
    await eventually(async () =>
      expect(await actionsOf(project)).toEqual(expect.arrayContaining([...all, 'Deployment Succeeded'])),
    );

    const { items } = await client.call('listAudit', { query: { project, limit: 100 } });
    const digests = artifacts.map(({ digest }) => digest);
    const created = items.find(({ action }) => action === 'createRelease');
    expect(created).toMatchObject({
      actor: { kind: 'token', role: 'admin' },
      subject: { release: id, version: '1.0.0' },
      source_ip: '127.0.0.1',
      digests,
    });
    const ended = items.find(({ action }) => action === 'Deployment Succeeded');
    expect(ended).toMatchObject({ subject: { deployment: deployment.id, environment: 'test' } });
    expect(ended?.digests).toEqual(expect.arrayContaining(digests));

    const listed = await cli('audit', 'list', '--project', project, '--action', 'createDeployment');
    expect(listed.stdout).toContain(deployment.id);
    expect(listed.stdout).not.toContain('createBuild');
  });

  it('is still in its log when the project is deleted, and the deletion is in that of the installation', async () => {
    const project = await changed(1);
    const id = await idOf(project);

    await staithe.client.call('deleteProject', { params: { project }, query: { force: 'true' } });

    const ofInstallation = { installation: 'true', action: 'deleteProject', limit: 100 } as const;
    await until(
      () => staithe.client.call('listAudit', { query: ofInstallation }),
      ({ items }) => items.some((entry) => entry.project_id === id),
    );
    expect(await actionsOf(id)).toEqual(['updateProject']);
    expect(await cli('audit', 'verify', '--project', id)).toMatchObject({ code: 0 });
  });

  it('is for its admins, who see no other log', async () => {
    const [mine, other] = [await changed(1), await changed(1)];
    const { secret } = await staithe.client.call('createToken', { body: { role: 'admin', project: mine } });
    const bound = staithe.as(secret);

    const { items } = await bound.call('listAudit', { query: { limit: 100 } });

    const id = await idOf(mine);
    expect(new Set(items.map(({ project_id }) => project_id))).toEqual(new Set([id]));
    const ask = (path: string) => staithe.http('GET', path, { token: secret });
    expect(await ask(`/v1/audit?project=${other}`)).toMatchObject({ status: 404 });
    expect(await ask(`/v1/audit?project=${await idOf(other)}`)).toMatchObject({ status: 404 });
    expect(await ask('/v1/audit?installation=true')).toMatchObject({ status: 403 });
    expect(await ask('/v1/audit/chain')).toMatchObject({ status: 200, body: { chain: id } });
  });
});

describe('verification', () => {
  it('of a log that nobody touched prints its head, from the server and from a file', async () => {
    const project = await changed(3);
    const online = await cli('audit', 'verify', '--project', project, '--json');
    const { head } = z
      .object({ head: z.object({ seq: z.int(), hash: z.string() }) })
      .parse(JSON.parse(online.stdout));

    const exported = await cli('audit', 'export', '--project', project);
    const file = join(home.folder, `${project}.jsonl`);
    writeFileSync(file, exported.stdout);
    const offline = await home.run(['audit', 'verify', '--file', file, '--head', head.hash]);

    expect(head.seq).toBe(3);
    expect(offline).toMatchObject({ code: 0, stdout: expect.stringContaining(head.hash) });
  });

  it('names the entry that somebody changed in the table', async () => {
    const project = await changed(3);
    const log = await idOf(project);
    const { items } = await staithe.client.call('readAuditChain', { query: { project } });
    const changedId = String(items[1]?.entry?.id);
    const operator = new DynamoDBClient(staithe.aws);
    await operator.send(
      new UpdateItemCommand({
        TableName: tableName(staithe),
        Key: marshall(Keys.auditEntry(log, changedId)),
        UpdateExpression: 'SET #entry.#actor.#name = :name',
        ExpressionAttributeNames: { '#entry': 'entry', '#actor': 'actor', '#name': 'token_name' },
        ExpressionAttributeValues: marshall({ ':name': 'somebody else' }),
      }),
    );
    operator.destroy();

    const { code, stderr } = await cli('audit', 'verify', '--project', project);

    expect(code).toBe(6);
    expect(stderr).toContain(`Entry 2 was changed: it does not match its hash. (${changedId})`);
    expect(stderr).toContain('The entry before it is intact.');
  });

  it('by a head that the log does not have says so', async () => {
    const project = await changed(1);
    const head = `sha256:${'0'.repeat(64)}`;

    const { code, stderr } = await cli('audit', 'verify', '--project', project, '--head', head);

    expect(code).toBe(6);
    expect(stderr).toContain(`The head ${head} is not in the log`);
  });
});

describe('the function that chains', () => {
  it('may be killed at any moment: every acknowledged request is in the log, once', async ({ skip }) => {
    skip(process.platform !== 'linux', 'needs /proc to find the process of a function');
    const project = await newProject(staithe.client);
    const change = (n: number) =>
      staithe.client.call('updateProject', { params: { project }, body: { name: `name ${n}` } });
    let kills = 0;
    let acknowledged = 0;
    for (let n = 0; kills < 2; n += 2) {
      const ends = await Promise.allSettled([change(n), change(n + 1)]);
      acknowledged += ends.filter(({ status }) => status === 'fulfilled').length;
      for (const { pid } of functionsNamed('AuditChainer')) {
        process.kill(pid, 'SIGKILL');
        kills += 1;
      }
    }

    const { items } = await until(
      () => staithe.client.call('readAuditChain', { query: { project, limit: 100 } }),
      ({ items }) => items.length >= acknowledged,
    );
    expect(new Set(items.map(({ entry }) => entry?.request_id)).size).toBe(items.length);
    expect(await cli('audit', 'verify', '--project', project)).toMatchObject({ code: 0 });
  });

  it('is the only one that may write a chain: another is denied it by IAM', async ({ skip }) => {
    skip(process.platform !== 'linux', 'needs /proc to find the credentials of a function');
    await newProject(staithe.client, newSlug('denied'));
    const [api] = functionsNamed('Apiprojects');
    const client = new DynamoDBClient({
      ...staithe.aws,
      credentials: {
        accessKeyId: api?.AWS_ACCESS_KEY_ID ?? '',
        secretAccessKey: api?.AWS_SECRET_ACCESS_KEY ?? '',
        ...(api?.AWS_SESSION_TOKEN && { sessionToken: api.AWS_SESSION_TOKEN }),
      },
    });
    const put = (key: { pk: string; sk: string }) =>
      client.send(new PutItemCommand({ TableName: tableName(staithe), Item: marshall({ ...key, ttl: 1 }) }));

    const other = await put({ pk: 'TEST', sk: 'TEST' });
    const forged = put(Keys.auditLink('installation', 999_999));

    expect(other.$metadata.httpStatusCode).toBe(200);
    await expect(forged).rejects.toMatchObject({ name: 'AccessDeniedException' });
    client.destroy();
  });
});
