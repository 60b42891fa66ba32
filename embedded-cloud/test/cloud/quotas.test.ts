import { describe, expect, test } from 'vitest';
import { quotasOf, RequestRates } from '../../src/quotas.ts';

/** How many of so many requests in one second pass. */
function passing(profile: 'machine' | 'aws' | 'new-account', region: string, action: string, count: number) {
  let now = 0;
  const rates = new RequestRates(quotasOf(profile, region), () => now);
  const pass = () => {
    try {
      rates.take(action);
      return true;
    } catch {
      return false;
    }
  };
  const first = Array.from({ length: count }, pass).filter(Boolean).length;
  now = 1000;
  return { first, next: Array.from({ length: count }, pass).filter(Boolean).length };
}

describe('requests beyond the quotas of AWS are throttled', () => {
  test.each([
    ['us-east-1', 'logs:GetLogEvents', 25, 25],
    ['eu-west-1', 'logs:GetLogEvents', 10, 10],
    ['us-east-1', 'logs:CreateLogStream', 50, 50],
    ['us-east-1', 'states:StartExecution', 1300, 300],
    ['eu-north-1', 'states:StartExecution', 800, 150],
    ['us-east-1', 'lambda:UpdateFunctionCode', 15, 15],
    ['us-east-1', 'lambda:GetFunction', 100, 100],
    ['us-east-1', 'lambda:InvokeFunction', 2000, 2000],
    ['us-east-1', 'states:DescribeExecution', 300, 15],
    ['eu-north-1', 'states:DescribeExecution', 250, 10],
    ['eu-north-1', 'states:StopExecution', 500, 25],
    ['us-east-1', 'secretsmanager:PutSecretValue', 50, 50],
    ['us-east-1', 'secretsmanager:CreateSecret', 50, 50],
    ['us-east-1', 'secretsmanager:ListSecrets', 100, 100],
    ['us-east-1', 'ecr:GetAuthorizationToken', 500, 500],
    ['us-east-1', 'ecr:PutImage', 10, 10],
    ['us-east-1', 'kms:Sign', 1000, 1000],
    ['us-east-1', 'dynamodb:PutItem', 2000, 2000],
    ['us-east-1', 'codebuild:StartBuild', 2000, 2000],
  ])('in %s, %s: %i at once, %i in the next second', (region, action, first, next) => {
    expect(passing('aws', region, action, 2000)).toEqual({ first, next });
  });

  test('with the error that the service has for it', () => {
    const rates = new RequestRates(quotasOf('new-account', 'us-east-1'), () => 0);
    const askFor = (action: string) => () => {
      for (let n = 0; n < 2000; n++) rates.take(action);
    };

    expect(askFor('logs:GetLogEvents')).toThrow(
      expect.objectContaining({ code: 'ThrottlingException', status: 400 }),
    );
    expect(askFor('lambda:PublishVersion')).toThrow(
      expect.objectContaining({ code: 'TooManyRequestsException', status: 429 }),
    );
  });
});

test('a machine throttles nothing', () => {
  expect(passing('machine', 'eu-west-1', 'logs:GetLogEvents', 500)).toEqual({ first: 500, next: 500 });
});

test('a new account runs one build, and queues five; ten executions are all of its Lambda', () => {
  expect(quotasOf('new-account', 'us-east-1')).toMatchObject({
    runningBuilds: 1,
    queuedBuilds: 5,
    concurrentExecutions: 10,
  });
});
