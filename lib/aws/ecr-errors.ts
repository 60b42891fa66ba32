/** ECR's exceptions, as the port of registries tells them. */
import { RegistryError } from '../domain/ports/registry.ts';

/** The answer, or undefined when AWS refuses with just this exception. */
export async function undefinedOn<T>(exception: string, call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof Error && error.name === exception) return undefined;
    throw error;
  }
}

/** Any failure as the port's own; what AWS itself calls its fault, or too much, may go well later. */
export async function asRegistryError<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof RegistryError) throw error;
    const fault = error instanceof Error && '$fault' in error ? error.$fault : 'server';
    const throttled = error instanceof Error && /Throttl|TooManyRequests/.test(error.name);
    const reason = error instanceof Error ? error.message : String(error);
    const options = { cause: error };
    throw new RegistryError(`ECR did not ${what}: ${reason}`, fault === 'server' || throttled, options);
  }
}
