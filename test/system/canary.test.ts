/** A new version on its way to all of the traffic, step by step, in the cloud that runs the template. */
import { CloudWatchClient, PutMetricAlarmCommand, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import { until } from 'embedded-cloud/test-kit/patience.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deploy, newProject, release, settled, type Tree } from './flow.ts';
import { type Staithe, sharedStaithe } from './server.ts';

let staithe: Staithe;
let cloudWatch: CloudWatchClient;
beforeAll(async () => {
  staithe = await sharedStaithe();
  cloudWatch = new CloudWatchClient(staithe.aws);
});
afterAll(async () => {
  cloudWatch.destroy();
  await staithe[Symbol.asyncDispose]();
});

/** Answers at /health, and with `body`, or not at all, elsewhere. */
function tree(body: string, { isBroken = false } = {}): Tree {
  const rest = isBroken ? '(() => { throw new Error("no basket"); })()' : JSON.stringify(body);
  return {
    'staithe.yaml': 'services:\n  web:\n    artifacts: index.mjs\n',
    'index.mjs': `export const handler = async ({ rawPath }) => rawPath === '/health' ? 'well: ${body}' : ${rest};\n`,
  };
}

async function scene(target: object, health: object = {}) {
  const { client } = staithe;
  const slug = await newProject(client);
  await client.call('putEnvironment', {
    params: { project: slug, environment: 'test' },
    body: {
      target: { kind: 'lambda', function_name: `${slug}-test`, ...target },
      health_path: '/health',
      ...health,
    },
  });
  const start = async (id: string) =>
    client.call('createDeployment', {
      params: { project: slug, environment: 'test' },
      body: { release: id },
    });
  const show = (id: string) => client.call('getDeployment', { params: { deployment: id } });
  const baking = (id: string, percent: number) =>
    until(
      () => show(id),
      ({ traffic }) => traffic?.percent === percent && traffic.since !== undefined,
    );
  const environment = () => client.call('getEnvironment', { params: { project: slug, environment: 'test' } });
  return { client, slug, start, show, baking, environment };
}

const answers = async (url: string, count: number) =>
  Promise.all(Array.from({ length: count }, async () => (await fetch(url)).text()));

describe.concurrent('a new version', () => {
  it('gets its share of the traffic while it bakes, then all of it', async () => {
    const { client, slug, start, baking } = await scene({ steps: [{ percent: 50, bake_seconds: 6 }] });
    const one = await release(client, slug, '1.0.0', tree('one'));
    const two = await release(client, slug, '2.0.0', tree('two'));
    const { url = '' } = await deploy(client, slug, 'test', one.id);

    const { id } = await start(two.id);
    const during = await baking(id, 50);
    const both = new Set(await answers(url, 40));
    const ended = await settled(client, id);

    expect([...both].sort()).toEqual(['one', 'two']);
    expect(during).toMatchObject({ status: 'verifying', url, preview_url: url });
    expect(ended).toMatchObject({ status: 'succeeded', traffic: { percent: 100 } });
    expect(ended.checks.map(({ kind, percent, ok }) => [kind, percent, ok])).toEqual([
      ['http', 0, true],
      ['watch', 50, true],
      ['http', 100, true],
    ]);
    expect(new Set(await answers(url, 20))).toEqual(new Set(['two']));
  });

  it('that fails with its first users is taken back, and a hold keeps others from being promoted', async () => {
    const { client, slug, start, baking, environment } = await scene({
      steps: [{ percent: 50, bake_seconds: 60 }],
    });
    const one = await release(client, slug, '1.0.0', tree('one'));
    const two = await release(client, slug, '2.0.0', tree('two', { isBroken: true }));
    const { url = '' } = await deploy(client, slug, 'test', one.id);

    const { id } = await start(two.id);
    await baking(id, 50);
    await answers(url, 20);
    const ended = await settled(client, id);

    expect(ended).toMatchObject({ status: 'rolled_back' });
    expect(ended.error?.message).toMatch(
      /With 50 % of the traffic: \d+ of \d+ invocations of version 2 failed/,
    );
    expect(ended.error?.last_lines?.join('\n')).toContain('no basket');
    expect(await environment()).toMatchObject({ current_release_id: one.id, hold: { by: id } });
    expect(new Set(await answers(url, 20))).toEqual(new Set(['one']));
  });

  it('is taken back by an alarm, which is named', async () => {
    const alarm = `basket-errors-${Date.now()}`;
    await cloudWatch.send(
      new PutMetricAlarmCommand({
        AlarmName: alarm,
        Namespace: 'shop',
        MetricName: 'LostBaskets',
        Statistic: 'Sum',
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 1,
        ComparisonOperator: 'GreaterThanThreshold',
        TreatMissingData: 'ignore',
      }),
    );
    const { client, slug, start, baking } = await scene({
      steps: [{ percent: 20, bake_seconds: 60 }],
      alarms: [alarm],
    });
    const one = await release(client, slug, '1.0.0', tree('one'));
    const two = await release(client, slug, '2.0.0', tree('two'));
    const { url = '' } = await deploy(client, slug, 'test', one.id);

    const { id } = await start(two.id);
    await baking(id, 20);
    await cloudWatch.send(
      new SetAlarmStateCommand({ AlarmName: alarm, StateValue: 'ALARM', StateReason: 'baskets were lost' }),
    );
    const ended = await settled(client, id);

    expect(ended).toMatchObject({ status: 'rolled_back' });
    expect(ended.error?.message).toContain(`Alarm '${alarm}' is in alarm: baskets were lost`);
    expect(new Set(await answers(url, 20))).toEqual(new Set(['one']));
  });

  it('is taken back when it is cancelled while it bakes', async () => {
    const { client, slug, start, baking } = await scene({ steps: [{ percent: 50, bake_seconds: 120 }] });
    const one = await release(client, slug, '1.0.0', tree('one'));
    const two = await release(client, slug, '2.0.0', tree('two'));
    const { url = '' } = await deploy(client, slug, 'test', one.id);

    const { id } = await start(two.id);
    await baking(id, 50);
    await client.call('cancelDeployment', { params: { deployment: id }, body: {} });
    const ended = await settled(client, id);

    expect(ended).toMatchObject({ status: 'cancelled' });
    expect(new Set(await answers(url, 20))).toEqual(new Set(['one']));
  });

  it('is asked for what a healthy response holds before it has any traffic', async () => {
    const { client, slug } = await scene({}, { health_body: 'well: one', health_max_ms: 9000 });
    const one = await release(client, slug, '1.0.0', tree('one'));
    const two = await release(client, slug, '2.0.0', tree('two'));
    const first = await deploy(client, slug, 'test', one.id);

    const second = await deploy(client, slug, 'test', two.id);

    expect(first.status).toBe('succeeded');
    expect(second).toMatchObject({ status: 'failed', checks: [{ kind: 'http', percent: 0, ok: false }] });
    expect(second.error?.message).toContain("/health answered without 'well: one'");
    expect(await answers(first.url ?? '', 1)).toEqual(['one']);
  });
});
