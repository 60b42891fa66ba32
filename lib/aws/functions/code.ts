/** A function's code and configuration, and whether they are a release's. */
import { isDeepStrictEqual } from 'node:util';
import type { FunctionConfiguration, Runtime } from '@aws-sdk/client-lambda';
import type { TargetRelease } from '../../domain/ports/targets.ts';
import { isZip, type LambdaTarget } from '../../domain/target/lambda.ts';
import { hexOf } from '../../domain/values.ts';

export type FunctionRelease = TargetRelease<LambdaTarget>;

/** As Lambda tells it (API reference, `CodeSha256`): of a zip its SHA-256 in base64, of an image its digest in hex. */
export function codeHashOf({ artifact, target }: FunctionRelease): string {
  const hex = hexOf(artifact.digest);
  return isZip(target) ? Buffer.from(hex, 'hex').toString('base64') : hex;
}

export const codeOf = ({ artifact, target }: FunctionRelease, bucket: string) =>
  isZip(target) ? { S3Bucket: bucket, S3Key: artifact.key } : { ImageUri: artifact.image };

export const configurationOf = ({ target, variables }: FunctionRelease) => ({
  FunctionName: target.function_name,
  ...(isZip(target) && {
    Handler: target.handler,
    // Which there are, the installation says; the SDK's list is that of its own version.
    Runtime: target.runtime as Runtime,
  }),
  MemorySize: target.memory_mb,
  Timeout: target.timeout_seconds,
  Environment: { Variables: { ...variables } },
});

export function isConfiguredAs(
  current: FunctionConfiguration,
  { target, variables }: FunctionRelease,
): boolean {
  return (
    (!isZip(target) || (current.Handler === target.handler && current.Runtime === target.runtime)) &&
    current.MemorySize === target.memory_mb &&
    current.Timeout === target.timeout_seconds &&
    isDeepStrictEqual(current.Environment?.Variables ?? {}, { ...variables })
  );
}

export function hasCodeOf(current: FunctionConfiguration, release: FunctionRelease): boolean {
  return (
    current.CodeSha256 === codeHashOf(release) &&
    isDeepStrictEqual(current.Architectures, [release.target.architecture])
  );
}
