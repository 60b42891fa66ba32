import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CloudOptions, type RunningCloud, startCloud } from '../../src/cloud.ts';
import { mergeUsage } from '../../src/iam/usage.ts';
import type { Cloud, Service } from '../../src/service.ts';
import { type TemporaryAssembly, writeAssembly } from '../../test-kit/assembly.ts';

const ROLE = {
  Type: 'AWS::IAM::Role',
  Properties: { AssumeRolePolicyDocument: { Statement: [] } },
};

describe('the embedded cloud', () => {
  let folder: TemporaryAssembly;
  let log: string[];
  const clouds: RunningCloud[] = [];

  beforeEach(() => {
    log = [];
  });
  afterEach(async () => {
    for (const cloud of clouds.splice(0)) await cloud.stop();
    folder[Symbol.dispose]();
  });

  async function start(options: Partial<CloudOptions> = {}): Promise<RunningCloud> {
    const { assembly, stateDir } = folder;
    const running = await startCloud({
      ...{ assembly, stateDir, services: [], log: (area, message) => log.push(`${area}: ${message}`) },
      ...options,
    });
    clouds.push(running);
    return running;
  }

  it('starts services after all resources are made, and stops them the other way around', async () => {
    folder = writeAssembly({ App: { Resources: { One: { Type: 'Test::One' } } } });
    const events: string[] = [];
    const service = (name: string) => (): Service => ({
      name,
      resources: {
        [`Test::${name}`]: () => {
          events.push(`make ${name}`);
          return { ref: name, attributes: {} };
        },
      },
      start: () => void events.push(`start ${name}`),
      stop: () => void events.push(`stop ${name}`),
    });
    const running = await start({ services: [service('One'), service('Two')] });
    await running.stop();
    expect(events).toEqual(['make One', 'start One', 'start Two', 'stop Two', 'stop One']);
  });

  it('keeps its address, its ports, its keys and its folders from start to start', async () => {
    folder = writeAssembly({
      App: { Resources: { Role: ROLE }, Outputs: { Role: { Value: { Ref: 'Role' } } } },
    });
    const facts = async () => {
      const running = await start();
      const arn = String(running.resource('Role').attributes.Arn);
      const { endpoint, operator, outputs, cloud } = running;
      const kept = [
        endpoint,
        operator,
        outputs,
        cloud.credentials(arn),
        await cloud.port('api'),
        cloud.stateDir('s3'),
      ];
      await running.stop();
      return kept;
    };
    expect(await facts()).toEqual(await facts());
  });

  it('gives every name a port of its own, also when many ask at once', async () => {
    folder = writeAssembly({ App: {} });
    const { cloud } = await start();
    const ports = await Promise.all(Array.from({ length: 20 }, (_, index) => cloud.port(`api-${index}`)));
    expect(new Set(ports).size).toBe(20);
    expect(await cloud.port('api-3')).toBe(ports[3]);
  });

  it('refuses a second cloud on the same state, and lets one in again after the first has stopped', async () => {
    folder = writeAssembly({ App: {} });
    const first = await start();
    await expect(start()).rejects.toThrow('Another embedded cloud runs on');
    await first.stop();
    await start();
  });

  it('takes over the state of one that was killed, with the same address and keys', async () => {
    folder = writeAssembly({ App: {} });
    const script = join(import.meta.dirname, 'until-killed.ts');
    const child = fork(script, [folder.assembly, folder.stateDir]);
    const [before] = await once(child, 'message');
    await expect(start()).rejects.toThrow('Another embedded cloud runs on');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const { endpoint, operator } = await start();
    expect({ endpoint, operator }).toEqual(before);
  });

  it('refuses a resource type that nobody makes, by logical id and type, and leaves nothing running', async () => {
    folder = writeAssembly({ App: { Resources: { Queue: { Type: 'AWS::SQS::Queue' } } } });
    await expect(start()).rejects.toThrow(
      /Queue \(AWS::SQS::Queue\) of stack App: .*does not know the resource type/,
    );
    await expect(start()).rejects.toThrow('AWS::SQS::Queue');
  });

  it('accepts what only observes, with names to refer to', async () => {
    folder = writeAssembly({
      App: {
        Resources: {
          Alarm: { Type: 'AWS::CloudWatch::Alarm', Properties: { AlarmActions: [{ Ref: 'Topic' }] } },
          Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'pager' } },
          CDKMetadata: { Type: 'AWS::CDK::Metadata' },
        },
        Outputs: { Topic: { Value: { Ref: 'Topic' } }, Alarm: { Value: { 'Fn::GetAtt': ['Alarm', 'Arn'] } } },
      },
    });
    const { outputs } = await start();
    expect(outputs.Topic).toBe('arn:aws:sns:us-east-1:000000000000:pager');
    expect(outputs.Alarm).toMatch(/^arn:aws:cloudwatch:us-east-1:000000000000:alarm:App-Alarm-/);
  });

  it('says what is missing when there is no assembly', async () => {
    folder = writeAssembly({ App: {} });
    await expect(start({ assembly: join(folder.stateDir, 'nowhere') })).rejects.toThrow(
      'Synthesize the CDK app first',
    );
  });

  it('adds up over several clouds which permissions were used', async () => {
    const Policies = [
      {
        PolicyName: 'own',
        PolicyDocument: { Statement: { Effect: 'Allow', Action: ['x:Used', 'x:Unused'], Resource: '*' } },
      },
    ];
    const Role = { ...ROLE, Properties: { ...ROLE.Properties, Policies } };
    folder = writeAssembly({ App: { Resources: { Role } } });
    const usageDir = join(folder.stateDir, '..', 'usage');
    const asking = (): Service => ({
      name: 'x',
      actions: { Ask: (_, call) => call.authorize('x:Used', 'arn:x') },
    });
    for (let round = 0; round < 2; round++) {
      const { cloud, resource, stop } = await start({ usageDir, services: [asking] });
      await cloud.call(cloud.role(String(resource('Role').attributes.Arn)), 'x', 'Ask', {});
      await stop();
    }
    expect(readdirSync(usageDir)).toEqual(['usage.jsonl']);
    expect(mergeUsage(usageDir).map(({ action, count }) => [action, count])).toEqual([
      ['x:Used', 2],
      ['x:Unused', 0],
    ]);
  });

  describe('custom resources', () => {
    const TOKEN = 'arn:aws:lambda:us-east-1:000000000000:function:maker';
    const template = (size: number) => ({
      App: {
        Resources: { Thing: { Type: 'Custom::Thing', Properties: { ServiceToken: TOKEN, Size: size } } },
        Outputs: { Color: { Value: { 'Fn::GetAtt': ['Thing', 'Color'] } }, Id: { Value: { Ref: 'Thing' } } },
      },
    });

    /** Lambda, as far as a function that answers at the ResponseURL goes. */
    const maker =
      (asked: string[], answer: Record<string, unknown>) =>
      (_: Cloud): Service => ({
        name: 'lambda',
        actions: {
          async Invoke({ Payload }) {
            const event = JSON.parse(String(Payload));
            asked.push(`${event.RequestType} ${event.ResourceProperties.Size}`);
            const body = JSON.stringify({ PhysicalResourceId: 'thing-1', ...answer });
            await fetch(event.ResponseURL, { method: 'PUT', body });
            return { StatusCode: 200 };
          },
        },
      });

    it('are made by their function once, and again when their properties change', async () => {
      const asked: string[] = [];
      const services = [maker(asked, { Status: 'SUCCESS', Data: { Color: 'blue' } })];
      folder = writeAssembly(template(1));
      using changed = writeAssembly(template(2));
      for (const assembly of [folder.assembly, folder.assembly, changed.assembly]) {
        const { outputs, stop } = await start({ services, assembly });
        expect(outputs).toEqual({ Color: 'blue', Id: 'thing-1' });
        await stop();
      }
      expect(asked).toEqual(['Create 1', 'Update 2']);
    });

    it('fail with the reason that their function gives', async () => {
      folder = writeAssembly(template(1));
      const services = [maker([], { Status: 'FAILED', Reason: 'no paint' })];
      await expect(start({ services })).rejects.toThrow(/Thing \(Custom::Thing\).*no paint/);
    });
  });
});
