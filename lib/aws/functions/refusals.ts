/** What Lambda and IAM refuse because of what was asked for: the deployer's to mend, and no use to try again. */
import { InvalidParameterValueException, type LambdaClient, ListTagsCommand } from '@aws-sdk/client-lambda';
import { OWNER_TAG } from '../../domain/owner-tag.ts';
import { TargetError } from '../../domain/ports/targets.ts';
import type { FunctionRelease } from './code.ts';

/** The rest is thrown as it is, and tried again. @throws TargetError */
export async function asTargetError<T>(call: Promise<T>): Promise<T> {
  return call.catch((error: unknown) => {
    if (error instanceof InvalidParameterValueException)
      throw new TargetError(`Lambda rejected the request: ${error.message}`);
    if (error instanceof Error && error.name === 'AccessDeniedException')
      throw new TargetError(
        `Staithe may not change this function: ${error.message} A function that Staithe did not create needs the tag ${OWNER_TAG}.`,
      );
    throw error;
  });
}

/** IAM lets Staithe create functions of certain names only; others it may deploy to when their owner has tagged them. */
export function assertMayCreate({ projectId, target }: FunctionRelease, names: string): void {
  const prefix = names.replace(/\*$/, '');
  if (target.function_name.startsWith(prefix)) return;
  throw new TargetError(
    `There is no function ${target.function_name}, and Staithe creates functions only whose names begin with '${prefix}'. Name it ${prefix}${target.function_name}, or create it yourself and tag it ${OWNER_TAG}=${projectId}.`,
  );
}

/** A function is of zips or of images for good (API reference, `PackageType`). */
export function assertPackage({ target }: FunctionRelease, packageType = 'Zip'): void {
  const now = packageType.toLowerCase();
  if (now === target.package) return;
  throw new TargetError(
    `The function ${target.function_name} is of a ${now}, and Lambda never changes that. Deploy a ${now}, or set the environment to another function.`,
  );
}

/** IAM lets Staithe change what has the tag; whose it is, only Staithe can tell. */
export async function assertOwner(
  client: LambdaClient,
  functionArn: string,
  { projectId, target }: FunctionRelease,
): Promise<void> {
  const { Tags: tags } = await client.send(new ListTagsCommand({ Resource: functionArn }));
  const owner = tags?.[OWNER_TAG];
  if (owner === projectId) return;
  const ownerMessage = owner === undefined ? 'was not created by Staithe' : 'belongs to another project';
  throw new TargetError(
    `The function ${target.function_name} ${ownerMessage}. To let this project deploy to it, tag it ${OWNER_TAG}=${projectId}.`,
  );
}
