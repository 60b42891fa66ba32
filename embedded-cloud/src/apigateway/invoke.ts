/** Calls Lambda functions as API Gateway does: as its service principal, or with a role that the template gives. */
import { z } from 'zod';
import type { Cloud, Principal } from '../service.ts';

const outputSchema = z.looseObject({ Payload: z.string(), FunctionError: z.string().optional() });

/** The function in an integration or authorizer URI, which is its ARN or API Gateway's path around it. */
export function functionOf(uri: string): string {
  return /functions\/(.+)\/invocations$/.exec(uri)?.[1] ?? uri;
}

/** What is called for which request. */
export interface FunctionCall {
  readonly uri: string;
  /** What the function's permission is checked against. */
  readonly sourceArn: string;
  /** The role that the template gives for the call, if any. */
  readonly role: string | undefined;
  readonly event: unknown;
  /** Whether the event goes before those of other requests. */
  readonly first: boolean;
  /** Aborted when nobody waits for the answer any more, of an event that need not be handled then. */
  readonly abandoned: AbortSignal | undefined;
}

/**
 * @returns the function's answer as JSON text; undefined when the function failed
 * @throws AwsError of the Invoke call
 */
export async function invokeFunction(
  cloud: Cloud,
  { uri, sourceArn, role, event, first, abandoned }: FunctionCall,
): Promise<string | undefined> {
  const service: Principal = { kind: 'service', arn: 'apigateway.amazonaws.com', sourceArn };
  const principal = role === undefined ? service : cloud.role(role, 'apigateway.amazonaws.com');
  const input = {
    FunctionName: functionOf(uri),
    Payload: JSON.stringify(event),
    ...(first && { Admission: 'first' }),
    ...(abandoned && { Abandoned: abandoned }),
  };
  const output = outputSchema.parse(await cloud.call(principal, 'lambda', 'Invoke', input));
  return output.FunctionError === undefined ? output.Payload : undefined;
}
