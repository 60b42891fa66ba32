/** A cloud with logs, one group and one stream. */

import { z } from 'zod';
import { logs } from '../../src/logs/index.ts';
import { OPERATOR, type ScriptedCloud, scriptedCloud } from '../codebuild/scripted-cloud.ts';

export const open: ScriptedCloud[] = [];

const page = z.looseObject({
  events: z.array(z.looseObject({ message: z.string() })),
  nextForwardToken: z.string().optional(),
  nextBackwardToken: z.string().optional(),
  nextToken: z.string().optional(),
});

export const place = { logGroupName: 'g', logStreamName: 's' };

export async function setUp() {
  const cloud = scriptedCloud();
  open.push(cloud);
  const service = logs(cloud);
  cloud.add(service);
  const call = (action: string, input: Record<string, unknown>) => cloud.as(OPERATOR)('logs', action, input);
  await call('CreateLogGroup', { logGroupName: 'g' });
  await call('CreateLogStream', place);
  const put = (messages: string[], timestamp = cloud.now()) =>
    call('PutLogEvents', { ...place, logEvents: messages.map((message) => ({ timestamp, message })) });
  const read = async (input: Record<string, unknown>) =>
    page.parse(await call('GetLogEvents', { ...place, ...input }));
  const filter = async (input: Record<string, unknown>) =>
    page.parse(await call('FilterLogEvents', { logGroupName: 'g', ...input }));
  return { cloud, service, call, put, read, filter };
}

export const messages = ({ events }: { events: { message: string }[] }) =>
  events.map((event) => event.message);
