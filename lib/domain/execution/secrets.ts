/** The one way by which values leave: to the agent of a job, those that the job's spec names, each noted before. */
import type { Actor } from '../access/actor.ts';
import type { Ports } from '../ports/index.ts';
import { ConditionFailed } from '../ports/table.ts';
import { secretReads, secrets } from '../secret/record.ts';
import type { JobSecrets } from '../secret/schema.ts';
import { Keys } from '../storage/keys.ts';
import { requireClaimed } from './agent.ts';
import type { JobRecord } from './model/job-record.ts';

/**
 * The values of the job's secrets. A job of a fork gets none, whatever its spec says.
 * @throws StaitheError not_found | wrong_state (the job has ended, or another agent has it)
 */
export async function ofJob(
  ports: Pick<Ports, 'table' | 'projectSecrets' | 'clock' | 'randomness'>,
  actor: Actor,
  jobId: string,
): Promise<JobSecrets> {
  const job = await requireClaimed(ports, actor, jobId);
  return readSecrets(ports, job, job.spec.secrets);
}

/** The same for names that the control plane itself needs for a job, such as a registry's credentials. */
export async function readSecrets(
  ports: Pick<Ports, 'table' | 'projectSecrets' | 'clock' | 'randomness'>,
  job: JobRecord,
  names: readonly string[],
): Promise<JobSecrets> {
  const wanted = job.trust === 'own' ? names : [];
  if (wanted.length === 0) return { secrets: {}, missing: [] };
  const values = await ports.projectSecrets.readMany(job.project_id, wanted);
  const noted = await Promise.all([...values.keys()].map((name) => note(ports, job, name)));
  const readable = [...values].filter((_, index) => noted[index]);
  return {
    secrets: Object.fromEntries(readable),
    missing: wanted.filter((name) => !readable.some(([had]) => had === name)),
  };
}

/** @returns false when the table knows no such secret: its value is on its way in, or out */
async function note(
  ports: Pick<Ports, 'table' | 'clock' | 'randomness'>,
  job: JobRecord,
  name: string,
): Promise<boolean> {
  const now = ports.clock.now();
  const stored = await secrets.get(ports.table, Keys.secret(job.project_id, name));
  if (stored === undefined) return false;
  await secretReads.create(ports.table, {
    id: ports.randomness.ulid(now.getTime()),
    name,
    project_id: job.project_id,
    job_id: job.id,
    run_id: job.run_id,
    build_id: job.build_id,
    deployment_id: job.deployment_id,
    service: job.service,
    branch: job.branch,
    at: now.toISOString(),
  });
  const read = { last_read_at: now.toISOString(), last_read_by: job.id };
  // Once: of many jobs that read at the same moment one is the newest, and all are in the list of reads.
  await secrets.save(ports.table, stored, { ...stored.value, ...read }).catch((error: unknown) => {
    if (!(error instanceof ConditionFailed)) throw error;
  });
  return true;
}
