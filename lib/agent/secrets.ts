/** The secrets of a job: fetched just before its commands, hidden in all output, and nowhere kept. */
import type { Job } from '../domain/execution/model/job.ts';
import type { JobApi } from './api.ts';
import { JobFailure } from './failure.ts';
import { hide, say } from './output.ts';

/**
 * The values that commands get, by the names of their variables. From here on they are masked in the log and in what is
 * reported.
 * @throws JobFailure manifest_error, when the project does not have one that the manifest names
 */
export async function fetchSecrets(
  api: Pick<JobApi, 'secrets'>,
  job: Job,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const names = job.spec.secrets;
  if (names.length === 0) return {};
  if (job.trust === 'fork') {
    say(`    secrets: none, as this is the build of a fork; commands go without ${names.join(', ')}`);
    return {};
  }
  const { secrets, missing } = await api.secrets(signal);
  hide(Object.values(secrets));
  if (missing.length > 0) throw missingSecrets(job, missing);
  say(`    secrets: ${Object.keys(secrets).sort().join(', ')}`);
  return secrets;
}

function missingSecrets(job: Job, names: readonly string[]): JobFailure {
  const { service, project_id: projectId, deployment_id: deployment } = job;
  const who = deployment === undefined ? `service ${service} names in staithe.yaml` : 'environment names';
  const [first = ''] = names;
  const what = names.length === 1 ? `the secret ${first}, which` : `the secrets ${names.join(', ')}, which`;
  return new JobFailure({
    code: 'manifest_error',
    message: `The project does not have ${what} the ${who}.`,
    hint: `Set ${names.length === 1 ? 'it' : 'each'} and ${deployment === undefined ? 'rerun the build' : 'deploy again'}: ${names
      .slice(0, 5)
      .map((name) => `staithe secret set ${name} --project ${projectId}`)
      .join('; ')}`,
    step: 'prepare',
  });
}
