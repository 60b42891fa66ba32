/** Processes, from source to URL: served by replicas, replaced while clients poll, taken back when they fail. */
import { eventually } from 'embedded-cloud/test-kit/patience.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient } from '../../lib/contract/client.ts';
import { deploy, newProject, release, settled } from './flow.ts';
import { newProcess, polling, serverTree, sick } from './process-servers.ts';
import { type Staithe, sharedStaithe } from './server.ts';
import { serverProcess } from './server-process.ts';

let staithe: Staithe;

beforeAll(async () => {
  staithe = await sharedStaithe();
});

afterAll(() => staithe[Symbol.asyncDispose]());

const textAt = async (url: string | undefined) => (await fetch(url ?? '')).text();

describe.concurrent('a process', () => {
  it('is served by two replicas, and replaced without a request that fails, there and back', async () => {
    const { client } = staithe;
    const project = await newProject(client);
    await newProcess(client, project, { replicas: 2 });
    await release(client, project, '1.0.0', serverTree('one'));
    await release(client, project, '2.0.0', serverTree('two'));
    const first = await deploy(client, project, 'test', '1.0.0');
    const reader = polling(first.url ?? '');

    const second = await deploy(client, project, 'test', '2.0.0');
    const back = await client.call('rollBackEnvironment', {
      params: { project, environment: 'test' },
      body: {},
    });
    await settled(client, back.id);
    await eventually(() => expect(reader.answers.at(-1)).toBe('200 one'));
    await reader.stop();

    expect(first).toMatchObject({ status: 'succeeded', target_version: '1' });
    expect(second).toMatchObject({ status: 'succeeded', url: first.url, previous_version: '1' });
    expect(new Set(reader.answers)).toEqual(new Set(['200 one', '200 two']));
  });

  it('gets its traffic step by step, and is taken back when its processes end meanwhile', async () => {
    const { client } = staithe;
    const project = await newProject(client);
    await newProcess(client, project, { steps: [{ percent: 50, bake_seconds: 3600 }] });
    await release(client, project, '1.0.0', serverTree('good'));
    await release(client, project, '2.0.0', serverTree('new'));
    const { url } = await deploy(client, project, 'test', '1.0.0');

    const { id } = await client.call('createDeployment', {
      params: { project, environment: 'test' },
      body: { release: '2.0.0' },
    });
    const bodies: string[] = [];
    await eventually(async () => {
      bodies.push(await textAt(url));
      expect(bodies).toContain('new');
    });
    const shares = [await textAt(url), await textAt(url)];
    await eventually(async () => {
      await fetch(`${url}exit`).catch(() => undefined);
      const { status } = await client.call('getDeployment', { params: { deployment: id } });
      expect(status).toBe('rolled_back');
    });

    expect(shares.sort()).toEqual(['good', 'new']);
    expect((await client.call('getDeployment', { params: { deployment: id } })).error?.message).toMatch(
      /With 50 % of the traffic: Processes of version 2 ended/,
    );
    await eventually(async () => expect(await textAt(url)).toBe('good'));
  });

  it('that does not start is told with its last lines, and the old one serves on', async () => {
    const { client } = staithe;
    const project = await newProject(client);
    await newProcess(client, project, { variables: { DB_PASSWORD: 'hunter2hunter2' } });
    await release(client, project, '1.0.0', serverTree('good'));
    const dying = "console.error('no database for', process.env.DB_PASSWORD); process.exit(2);";
    await release(client, project, '2.0.0', serverTree('bad', dying));
    const { url } = await deploy(client, project, 'test', '1.0.0');

    const failed = await deploy(client, project, 'test', '2.0.0');

    expect(failed.status).toBe('failed');
    expect(failed.error?.message).toMatch(
      /ended 3 times and was never ready: exit status 2\.[\s\S]*no database for/,
    );
    expect(JSON.stringify(failed.error)).not.toContain('hunter2');
    expect(await textAt(url)).toBe('good');
  });

  it('without a healthy response gets no traffic, and its last lines are told', async () => {
    const { client } = staithe;
    const project = await newProject(client);
    await newProcess(client, project);
    await release(client, project, '1.0.0', serverTree('good'));
    await release(client, project, '2.0.0', sick('bad'));
    const { url } = await deploy(client, project, 'test', '1.0.0');

    const failed = await deploy(client, project, 'test', '2.0.0');

    expect(failed).toMatchObject({ status: 'failed', target_version: '2' });
    expect(failed.error?.message).toMatch(/Version 2 \(without traffic\): \/ answered 500/);
    expect(failed.error?.last_lines?.join('\n')).toContain('bad is sick');
    expect(await textAt(url)).toBe('good');
  });

  it('prints its log where logs of functions are', async () => {
    const { client } = staithe;
    const project = await newProject(client);
    await newProcess(client, project);
    await release(client, project, '1.0.0', serverTree('logged'));
    const { url } = await deploy(client, project, 'test', '1.0.0');
    await fetch(`${url}marked`);

    await eventually(async () => {
      const { items } = await client.call('getEnvironmentLogs', {
        params: { project, environment: 'test' },
        query: { limit: 100 },
      });
      expect(items.map(({ message }) => message)).toContain('logged /marked');
    });
  });

  it('that is a worker has no URL, and succeeds when it runs', async () => {
    const { client } = staithe;
    const project = await newProject(client);
    await newProcess(client, project, { process_type: 'worker' });
    await release(client, project, '1.0.0', serverTree('worker', 'process.env.PORT ??= "0";'));

    const deployed = await deploy(client, project, 'test', '1.0.0');

    expect(deployed.status).toBe('succeeded');
    expect(deployed.url).toBeUndefined();
  });

  it('refuses settings that have no effect, and the name of another environment', async () => {
    const { client } = staithe;
    const project = await newProject(client);
    await newProcess(client, project);
    const put = (environment: string, body: object) =>
      client
        .call('putEnvironment', {
          params: { project, environment },
          body: { target: { kind: 'process', name: `${project}-test`, command: 'true' }, ...body },
        })
        .catch((error: unknown) => error);

    expect(await put('other', {})).toMatchObject({
      problem: {
        code: 'function_taken',
        detail: expect.stringContaining(`Process '${project}-test' is the target`),
      },
    });
    expect(await put('test', { variables: { PORT: '80' } })).toMatchObject({
      problem: { code: 'validation_failed', detail: expect.stringContaining('variables: may not hold PORT') },
    });
    expect(
      await put('test', {
        target: { kind: 'process', name: project, command: 'true', process_type: 'worker' },
        health_path: '/health',
      }),
    ).toMatchObject({
      problem: {
        code: 'validation_failed',
        detail: expect.stringContaining('health_path: has no effect on a worker'),
      },
    });
  });
});

it('a server that is killed serves its processes again, at their URLs', async () => {
  await using server = await serverProcess();
  server.start();
  const client = createClient(await server.ready());
  const project = await newProject(client);
  await newProcess(client, project, { replicas: 2 });
  await release(client, project, '1.0.0', serverTree('survivor'));
  const { url } = await deploy(client, project, 'test', '1.0.0');
  const before = await textAt(url);

  await server.kill();
  server.start();
  await server.ready();

  await eventually(async () => expect(await textAt(url)).toBe('survivor'));
  expect(before).toBe('survivor');
});
