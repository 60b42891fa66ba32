import { ResourceNotFoundException } from '@aws-sdk/client-lambda';

/** The value, or undefined when the thing does not exist. */
export async function undefinedIfMissing<T>(call: Promise<T>): Promise<T | undefined> {
  return call.catch((error: unknown) => {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  });
}
