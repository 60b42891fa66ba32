/** A real cloud with the services that a test names, from a template in a few lines. */
import { LambdaClient } from '@aws-sdk/client-lambda';
import { apigateway } from '../src/apigateway/index.ts';
import { type CloudOptions, type RunningCloud, startCloud } from '../src/cloud.ts';
import { lambda } from '../src/lambda/index.ts';
import { logs } from '../src/logs/index.ts';
import type { ServiceFactory } from '../src/services.ts';
import { type TemporaryAssembly, writeAssembly } from './assembly.ts';

export interface Running {
  readonly cloud: RunningCloud;
  readonly client: LambdaClient;
  readonly log: string[];
  /** Stops the cloud and starts it again from the same template and state. */
  restart(): Promise<Running>;
  close(): Promise<void>;
}

export interface RunOptions {
  readonly services?: readonly ServiceFactory[];
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  readonly onCall?: CloudOptions['onCall'];
}

type Resources = Record<string, unknown>;

export async function run(resources: Resources, options: RunOptions = {}): Promise<Running> {
  return start(writeAssembly({ Test: { Resources: resources } }), options);
}

async function start(files: TemporaryAssembly, options: RunOptions): Promise<Running> {
  const log: string[] = [];
  const cloud = await startCloud({
    assembly: files.assembly,
    stateDir: files.stateDir,
    services: options.services ?? [logs, lambda, apigateway],
    log: (area, message) => log.push(`${area}: ${message}`),
    ...(options.now && { now: options.now }),
    ...(options.onCall && { onCall: options.onCall }),
  });
  const client = new LambdaClient({
    region: 'us-east-1',
    endpoint: cloud.endpoint,
    credentials: cloud.operator,
    maxAttempts: 1,
  });
  const stop = async () => {
    client.destroy();
    await cloud.stop();
  };
  return {
    cloud,
    client,
    log,
    restart: async () => {
      await stop();
      return start(files, options);
    },
    close: async () => {
      await stop();
      files[Symbol.dispose]();
    },
  };
}

const allow = (Action: string | string[], Resource: unknown = '*') => ({ Effect: 'Allow', Action, Resource });

/** A role that Lambda may assume, with the given actions allowed on everything. */
export function role(actions: string[] = ['logs:*']): Resources[string] {
  const trust = { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' };
  const Policies = [
    { PolicyName: 'p', PolicyDocument: { Version: '2012-10-17', Statement: [allow(actions)] } },
  ];
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [trust] },
      ...(actions.length > 0 && { Policies }),
    },
  };
}

/** A function of the template with inline code (`exports.handler = …`), under the role `Role`. */
export function inline(code: string, properties: Record<string, unknown> = {}): Resources[string] {
  return {
    Type: 'AWS::Lambda::Function',
    Properties: {
      Code: { ZipFile: code },
      Handler: 'index.handler',
      Runtime: 'nodejs22.x',
      Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
      ...properties,
    },
  };
}

export const arn = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });
