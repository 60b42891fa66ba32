import { afterEach, describe, expect, it } from 'vitest';
import { cloudwatch } from '../../src/cloudwatch/index.ts';
import { OPERATOR, type ScriptedCloud, scriptedCloud } from '../codebuild/scripted-cloud.ts';

const open: ScriptedCloud[] = [];
afterEach(async () => {
  for (const cloud of open.splice(0)) await cloud.close();
});

function setUp() {
  const cloud = scriptedCloud();
  open.push(cloud);
  const service = cloudwatch(cloud);
  cloud.add(service);
  const call = (action: string, input: Record<string, unknown>) =>
    cloud.as(OPERATOR)('monitoring', action, input);
  return { cloud, service, call };
}

describe('CloudWatch', () => {
  it('takes metric data and keeps the last thousand', async () => {
    const { call, service } = setUp();
    const MetricData = Array.from({ length: 1_000 }, (_, Value) => ({ MetricName: 'n', Value }));

    await call('PutMetricData', { Namespace: 'shop', MetricData });
    await call('PutMetricData', { Namespace: 'shop', MetricData: [{ MetricName: 'last', Value: 1 }] });

    expect(service.recentMetrics()).toHaveLength(1_000);
    expect(service.recentMetrics().at(-1)).toMatchObject({
      namespace: 'shop',
      datum: { MetricName: 'last' },
    });
  });

  it('gives alarms and dashboards of the template their names and ARNs', async () => {
    const { cloud } = setUp();

    const alarm = await cloud.provide('AWS::CloudWatch::Alarm', { AlarmName: 'too-slow' });
    const dashboard = await cloud.provide('AWS::CloudWatch::Dashboard', { DashboardBody: '{}' }, 'Board');

    expect(alarm).toEqual({
      ref: 'too-slow',
      attributes: { Arn: 'arn:aws:cloudwatch:eu-central-1:123456789012:alarm:too-slow' },
    });
    expect(dashboard.ref).toBe('stack-Board-0a1b2c3d');
  });

  it('says by name what it does not have', async () => {
    const { call } = setUp();

    await expect(call('GetMetricData', {})).rejects.toMatchObject({ code: 'NotImplemented' });
  });
});
