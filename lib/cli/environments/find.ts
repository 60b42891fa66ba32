import type { Api } from '../api/api.ts';
import type { Environment } from '../api/resources.ts';

/** The stored environment; undefined when there is none. */
export async function findEnvironment(
  api: Api<'getEnvironment'>,
  params: { project: string; environment: string },
): Promise<Environment | undefined> {
  const { ApiError } = await import('../../contract/client.ts');
  try {
    return await api.call('getEnvironment', { params });
  } catch (error) {
    if (error instanceof ApiError && error.problem.code === 'not_found') return undefined;
    throw error;
  }
}
