/** Which integration a Task's Resource names. */
import { codebuildStartBuild, codebuildStopBuild } from './codebuild.ts';
import { eventsPutEvents } from './events.ts';
import { startExecution } from './executions.ts';
import type { Integration } from './integration.ts';
import { lambdaFunction, lambdaInvoke } from './lambda.ts';
import { dynamodbIntegration, sdkIntegration } from './sdk.ts';

/** The optimized integrations, by what follows `arn:aws:states:::`. */
const OPTIMIZED: Record<string, Integration> = {
  'lambda:invoke': lambdaInvoke('response'),
  'lambda:invoke.waitForTaskToken': lambdaInvoke('token'),
  'codebuild:startBuild': codebuildStartBuild('response'),
  'codebuild:startBuild.sync': codebuildStartBuild('sync'),
  'codebuild:stopBuild': codebuildStopBuild,
  'events:putEvents': eventsPutEvents('response'),
  'events:putEvents.waitForTaskToken': eventsPutEvents('token'),
  'states:startExecution': startExecution(''),
  'states:startExecution.sync': startExecution('.sync'),
  'states:startExecution.sync:2': startExecution('.sync:2'),
  'states:startExecution.waitForTaskToken': startExecution('.waitForTaskToken'),
  'dynamodb:getItem': dynamodbIntegration('getItem'),
  'dynamodb:putItem': dynamodbIntegration('putItem'),
  'dynamodb:updateItem': dynamodbIntegration('updateItem'),
  'dynamodb:deleteItem': dynamodbIntegration('deleteItem'),
};

const FUNCTION_ARN = /^arn:[\w-]+:lambda:[\w-]+:\d{12}:function:[\w-]+(:[\w$-]+)?$/;
const SDK_RESOURCE = /^aws-sdk:(\w+):([a-z]\w*)(\.waitForTaskToken)?$/;

/** The integration of a Resource, or why there is none. */
export function resolveIntegration(resource: string): Integration | string {
  if (FUNCTION_ARN.test(resource)) return lambdaFunction(resource);
  const integration = /^arn:[\w-]+:states:::(.+)$/.exec(resource)?.[1];
  if (integration === undefined) return `The resource provided ${resource} is not recognized`;
  const optimized = OPTIMIZED[integration];
  if (optimized !== undefined) return optimized;
  const [, service, action, token] = SDK_RESOURCE.exec(integration) ?? [];
  if (service !== undefined && action !== undefined) {
    return sdkIntegration(service, action, token === undefined ? 'response' : 'token');
  }
  return `The embedded cloud has no integration ${integration}; it has ${Object.keys(OPTIMIZED).join(', ')} and aws-sdk:<service>:<action>`;
}
