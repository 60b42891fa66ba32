/** Deployments by commands, and tests of new versions, on real build machines. */
import { until } from 'embedded-cloud/test-kit/patience.ts';
import { newMark, processesWith } from 'embedded-cloud/test-kit/processes.ts';
import { needs } from 'embedded-cloud/test-kit/tools.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, createClient } from '../../lib/contract/client.ts';
import type { LogLine } from '../../lib/domain/log/schema.ts';
import { deploy, functionTree, newProject, release, settled } from './flow.ts';
import { type Staithe, sharedStaithe } from './server.ts';
import { serverProcess } from './server-process.ts';

let staithe: Staithe;
beforeAll(async () => {
  staithe = await sharedStaithe();
});
afterAll(() => staithe[Symbol.asyncDispose]());

async function put(client: Client, project: string, body: object): Promise<void> {
  await client.call('putEnvironment', {
    params: { project, environment: 'test' },
    body: body as Parameters<typeof client.call<'putEnvironment'>>[1]['body'],
  });
}

async function logOf(client: Client, deployment: string): Promise<string> {
  const lines: LogLine[] = [];
  for (let cursor: string | undefined; ; ) {
    const query = { limit: 1000, ...(cursor !== undefined && { cursor }) };
    const page = await client.call('getDeploymentLogs', { params: { deployment }, query });
    lines.push(...page.items);
    if (page.complete) return lines.map(({ message }) => message).join('\n');
    cursor = page.next_cursor;
  }
}

async function begun(client: Client, project: string, commands: readonly string[], ref: string) {
  await put(client, project, { target: { kind: 'command', commands } });
  const params = { project, environment: 'test' };
  return client.call('createDeployment', { params, body: { release: ref } });
}

describe('a target of commands', () => {
  it('deploys with the release as JSON, its artifact and secrets, and its outputs come back', async () => {
    const { client } = staithe;
    const project = await newProject(client);
    const params = { project, name: 'KUBE_TOKEN' };
    await client.call('putSecret', { params, body: { value: 'correct-horse-battery' } });
    const { id } = await release(client, project, '1.4.0', functionTree('hello'));
    const script = `const r = JSON.parse(require('fs').readFileSync(process.env.STAITHE_RELEASE)); console.log('deploys', r.release.version, r.artifacts[0].digest, 'to', r.environment)`;
    await put(client, project, {
      target: {
        kind: 'command',
        commands: [
          `node -e "${script}"`,
          'grep -q hello index.mjs && echo "region $REGION, token $KUBE_TOKEN"',
          'echo "revision=7" >> "$STAITHE_OUTPUTS"; echo "token=$KUBE_TOKEN" >> "$STAITHE_OUTPUTS"',
        ],
        secrets: ['KUBE_TOKEN'],
      },
      variables: { REGION: 'north' },
    });

    const ended = await deploy(client, project, 'test', id);

    expect(ended.error).toBeUndefined();
    expect(ended).toMatchObject({ status: 'succeeded', outputs: { revision: '7' } });
    const log = await logOf(client, ended.id);
    expect(log).toContain(`deploys 1.4.0 ${ended.digest} to test`);
    expect(log).toContain('region north, token ');
    expect(log + JSON.stringify(ended)).not.toContain('correct-horse-battery');
    const reads = await client.call('listSecretReads', { params });
    expect(reads.items).toMatchObject([{ deployment_id: ended.id }]);
    // It is no build, and on no list of builds.
    const builds = await client.call('listBuilds', { params: { project }, query: { status: 'completed' } });
    expect(builds.items).toHaveLength(1);
  });

  it('that fails names the command and its exit code, and shows its last lines', async () => {
    const { client } = staithe;
    const project = await newProject(client);
    const { id } = await release(client, project, '1.0.0', functionTree('x'));

    const { id: deployment } = await begun(client, project, ['echo "no cluster"; exit 3'], id);
    const ended = await settled(client, deployment);

    expect(ended.status).toBe('failed');
    expect(ended.error?.message).toContain('exit code 3');
    expect(ended.error?.last_lines).toEqual(['no cluster']);
    const environment = await client.call('getEnvironment', { params: { project, environment: 'test' } });
    expect(environment.active_deployment_id).toBeUndefined();
  });

  it('that is cancelled ends its processes', needs('/proc'), async () => {
    const { client } = staithe;
    const project = await newProject(client);
    const { id } = await release(client, project, '1.0.0', functionTree('x'));
    const mark = newMark();
    const { id: deployment } = await begun(client, project, [`sleep ${mark} & wait`], id);
    await until(
      async () => processesWith(mark).length,
      (count) => count > 0,
    );

    await client.call('cancelDeployment', { params: { deployment }, body: {} });

    expect((await settled(client, deployment)).status).toBe('cancelled');
    await until(
      async () => processesWith(mark).length,
      (count) => count === 0,
    );
  });
});

describe('the test of a new version', () => {
  it('asks it at a URL of its own, and lets traffic through only when it succeeds', async () => {
    const { client } = staithe;
    const project = await newProject(client);
    const target = { kind: 'lambda', function_name: `${project}-test` };
    const test = { commands: ['curl -fsS "$STAITHE_URL" | tee /dev/stderr | grep -q good'] };
    const good = await release(client, project, '1.0.0', functionTree('good'));
    const bad = await release(client, project, '2.0.0', functionTree('bad'));
    await put(client, project, { target, health_path: '/health', test });

    const first = await deploy(client, project, 'test', good.id);
    expect(first.error).toBeUndefined();
    const second = await deploy(client, project, 'test', bad.id);

    expect(first.checks).toContainEqual(expect.objectContaining({ kind: 'test', ok: true }));
    expect(second).toMatchObject({ status: 'failed', previous_version: first.target_version });
    expect(second.error?.message).toContain('The test commands failed');
    expect(second.traffic).toBeUndefined();
    expect(await (await fetch(first.url ?? '')).text()).toBe('good');
  });

  it('is run again for what serves, and its result is kept', async () => {
    const { client } = staithe;
    const project = await newProject(client);
    const target = { kind: 'lambda', function_name: `${project}-test` };
    const commands = ['test "$STAITHE_VERSION" = 1', 'echo "asks $STAITHE_URL"'];
    await put(client, project, { target, test: { commands } });
    const { id } = await release(client, project, '1.0.0', functionTree('one'));
    const first = await deploy(client, project, 'test', id);

    const asked = await client.call('verifyDeployment', { params: { deployment: first.id } });
    const verified = await until(
      () => client.call('getDeployment', { params: { deployment: first.id } }),
      ({ checks }) => checks.length > asked.checks.length,
    );

    expect(asked.checks.at(-1)).toMatchObject({ kind: 'http', percent: 100, ok: true });
    expect(verified.checks.at(-1)).toMatchObject({ kind: 'test', ok: true });
    expect(verified.status).toBe('succeeded');
    expect(await logOf(client, first.id)).toContain(`asks ${first.url}`);
  });
});

it('a deployment by commands goes on after a server was killed while they ran', async () => {
  await using server = await serverProcess();
  server.start();
  const client = createClient(await server.ready());
  const project = await newProject(client);
  const { id } = await release(client, project, '1.0.0', functionTree('x'));
  const { id: deployment } = await begun(client, project, ['sleep 4; echo "n=1" > "$STAITHE_OUTPUTS"'], id);
  await until(
    () => client.call('getDeploymentLogs', { params: { deployment }, query: {} }),
    ({ items }) => items.some(({ message }) => message.startsWith('$ sleep')),
  );

  await server.kill();
  server.start();
  const after = createClient(await server.ready());

  expect(await settled(after, deployment)).toMatchObject({ status: 'succeeded', outputs: { n: '1' } });
});
