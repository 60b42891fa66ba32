import { expect, it } from 'vitest';
import { plain } from '../../src/codebuild/sandbox.ts';
import { AwsError } from '../../src/service.ts';
import { codeBuildCloud, own } from './build-cloud.ts';
import { OPERATOR } from './scripted-cloud.ts';

it.each([
  ['its log', 'logs', 'CreateLogStream'],
  ['its secrets', 'secretsmanager', 'GetSecretValue'],
])('a build whose call for %s is throttled waits, and succeeds', async (_, service, action) => {
  const { cloud, finish, close } = await codeBuildCloud({
    sandbox: plain,
    buildspec: JSON.stringify({
      version: 0.2,
      env: { 'secrets-manager': { WORD: 'word' } },
      phases: { build: { commands: ['echo "$WORD"'] } },
    }),
  });
  cloud.answers.set('secretsmanager:GetSecretValue', () => ({ SecretString: 'hello' }));
  const name = `${service}:${action}`;
  const answer = cloud.answers.get(name) ?? ((input) => cloud.as(OPERATOR)(service, action, input));
  cloud.answers.set(name, () => {
    cloud.answers.set(name, answer);
    throw new AwsError('ThrottlingException', 'Rate exceeded');
  });

  const { build, lines } = await finish();
  await close();

  expect(build.buildStatus).toBe('SUCCEEDED');
  expect(own(lines)).toEqual(['hello']);
  // Once refused, and once more.
  expect(cloud.calls.filter((call) => `${call.service}:${call.action}` === name).length).toBe(
    action === 'CreateLogStream' ? 3 : 2,
  );
});
