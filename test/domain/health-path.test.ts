import { describe, expect, test } from 'vitest';
import { environments } from '../../lib/domain/environment/record.ts';
import { PutEnvironment } from '../../lib/domain/environment/schema.ts';
import { Keys } from '../../lib/domain/storage/keys.ts';
import { runDeployment } from '../workflows/deployment.ts';
import { readyToDeploy } from './deploying.ts';

const TARGET = { kind: 'lambda', function_name: 'hello' };

describe('variables of a function', () => {
  test.each(['_HANDLER', 'LAMBDA_TASK_ROOT', 'AWS_REGION'])(
    'that Lambda sets itself are refused: %s',
    (name) => {
      expect(PutEnvironment.safeParse({ target: TARGET, variables: { [name]: 'x' } }).success).toBe(false);
    },
  );
});

describe('the check of a deployment asks its own function only', () => {
  test.each([
    '//169.254.169.254/latest',
    '/\\evil.example/',
    '//user@evil.example',
    '/a\\b',
    '/\t/evil.example',
  ])('a health path %j is refused', (health_path) => {
    expect(PutEnvironment.safeParse({ target: TARGET, health_path }).success).toBe(false);
  });

  test.each(['/', '/health?deep=1', '/a//b', '/.well-known/ready'])(
    'a health path %j is taken',
    (health_path) => {
      expect(PutEnvironment.safeParse({ target: TARGET, health_path }).success).toBe(true);
    },
  );

  test('an environment that holds such a path from before asks no other host', async () => {
    const { place, deploy, show } = await readyToDeploy();
    await environments.update(place.ports.table, Keys.environment(place.project.id, 'test'), (value) => ({
      ...value,
      health_path: '//evil.example/',
    }));
    const { id } = await deploy();

    await runDeployment(place.ports, id);

    const { url = '' } = await show(id);
    expect(place.ports.probe.asked.map((asked) => new URL(asked).origin)).toEqual([new URL(url).origin]);
  });
});
