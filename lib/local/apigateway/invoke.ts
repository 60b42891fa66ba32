/** Calls Lambda functions as API Gateway does: as its service principal, or with a role that the template gives. */
import { z } from 'zod';
import type { Cloud, Principal } from '../service.ts';

const outputSchema = z.looseObject({ Payload: z.string(), FunctionError: z.string().optional() });

/** The function in an integration or authorizer URI, which is its ARN or API Gateway's path around it. */
export function functionOf(uri: string): string {
  return /functions\/(.+)\/invocations$/.exec(uri)?.[1] ?? uri;
}

/**
 * @param sourceArn what the function's permission is checked against
 * @returns the function's answer as JSON text; undefined when the function failed
 * @throws AwsError of the Invoke call
 */
export async function invokeFunction(
  cloud: Cloud,
  uri: string,
  sourceArn: string,
  event: unknown,
  credentialsArn: string | undefined,
): Promise<string | undefined> {
  const service: Principal = { kind: 'service', arn: 'apigateway.amazonaws.com', sourceArn };
  const principal =
    credentialsArn === undefined ? service : cloud.role(credentialsArn, 'apigateway.amazonaws.com');
  const input = { FunctionName: functionOf(uri), Payload: JSON.stringify(event) };
  const output = outputSchema.parse(await cloud.call(principal, 'lambda', 'Invoke', input));
  return output.FunctionError === undefined ? output.Payload : undefined;
}
