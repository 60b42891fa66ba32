import type { S3Client } from '@aws-sdk/client-s3';
import { GetParameterCommand } from '@aws-sdk/client-ssm';

/** Changes the body of requests after they were signed, on their way out. */
export function sendInstead(handler: S3Client['config']['requestHandler'], body: unknown): void {
  const handle = handler.handle.bind(handler);
  handler.handle = (request, options) => handle(Object.assign(request, { body }), options);
}

export const read = (Name: string) => new GetParameterCommand({ Name });
