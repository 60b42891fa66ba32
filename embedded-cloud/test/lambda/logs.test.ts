import { afterEach, expect, test } from 'vitest';
import { LogShipper } from '../../src/lambda/logs.ts';
import { AwsError } from '../../src/service.ts';
import { OPERATOR, type ScriptedCloud, scriptedCloud } from '../codebuild/scripted-cloud.ts';

let cloud: ScriptedCloud | undefined;
afterEach(() => cloud?.close());

test('log lines whose stream cannot be made yet, as that API is throttled, are there later', async () => {
  cloud = scriptedCloud();
  let streams = 0;
  cloud.answers.set('logs:PutLogEvents', () => {
    if (streams < 2) throw new AwsError('ResourceNotFoundException', 'no such stream');
    return {};
  });
  cloud.answers.set('logs:CreateLogStream', () => {
    streams++;
    if (streams === 1) throw new AwsError('ThrottlingException', 'Rate exceeded');
    return {};
  });
  cloud.add({ name: 'logs', actions: {} });
  const shipper = new LogShipper(cloud, 'lambda');

  shipper.write(() => OPERATOR, '/aws/lambda/app', 'one', 1, 'hello');
  await shipper.flush();

  expect(cloud.calls.map(({ action }) => action)).toEqual([
    'PutLogEvents',
    'CreateLogStream',
    'CreateLogStream',
    'PutLogEvents',
  ]);
});
