/** A bus with one rule, which invokes a function. */
import { z } from 'zod';
import { events } from '../../src/events/index.ts';
import { OPERATOR, type ScriptedCloud, scriptedCloud } from '../codebuild/scripted-cloud.ts';

export const FUNCTION = 'arn:aws:lambda:eu-central-1:123456789012:function:listener';

export const open: ScriptedCloud[] = [];

export async function setUp(rule: Record<string, unknown> = {}, folder?: string) {
  const cloud = folder === undefined ? scriptedCloud() : scriptedCloud(folder);
  open.push(cloud);
  cloud.answers.set('lambda:Invoke', () => ({ StatusCode: 202 }));
  cloud.add(events(cloud));
  const made = await cloud.provide('AWS::Events::Rule', {
    Name: 'listen',
    EventPattern: { source: ['shop'] },
    Targets: [{ Id: 'T0', Arn: FUNCTION }],
    ...rule,
  });
  const put = (...entries: Record<string, unknown>[]) =>
    cloud.as(OPERATOR)('events', 'PutEvents', {
      Entries: entries.map((entry) => ({ Source: 'shop', DetailType: 'order', Detail: '{"n":1}', ...entry })),
    });
  const invoked = () => cloud.calls.filter((call) => call.action === 'Invoke');
  return { cloud, made, put, invoked, start: async () => cloud.service('events').start?.() };
}

export const payload = (call: { input: Record<string, unknown> } | undefined) =>
  z.looseObject({ detail: z.looseObject({}) }).parse(JSON.parse(String(call?.input.Payload)));
