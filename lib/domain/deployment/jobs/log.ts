/** The log of what a deployment has run: its commands, and the tests of what it deployed. */
import type { Actor } from '../../access/actor.ts';
import { type JobRecord, jobs } from '../../execution/model/job-record.ts';
import type { Run } from '../../execution/model/run.ts';
import { runs } from '../../execution/model/run-record.ts';
import { isFinal } from '../../lifecycle.ts';
import { absenceOf } from '../../log/absence.ts';
import type { LogAbsence } from '../../log/schema.ts';
import { type LogSource, streamsOf } from '../../log/streams.ts';
import type { Ports } from '../../ports/index.ts';
import { Keys } from '../../storage/keys.ts';
import { get } from '../index.ts';
import { DEPLOYMENT_LIFECYCLE, type Deployment } from '../schema.ts';
import { idsOf, namesOf } from './job.ts';

const NO_COMMANDS: LogAbsence = {
  reason: 'not_run',
  message: 'The deployment has run no commands.',
  next: 'Show the deployment.',
};

/** @throws StaitheError not_found */
export async function ofDeployment(
  ports: Pick<Ports, 'table'>,
  actor: Actor,
  id: string,
): Promise<LogSource> {
  // Before its jobs: one that is started after that is found by the next look.
  const deployment = await get(ports, actor, id);
  const found = await jobsOf(ports, deployment);
  const streams = found.flatMap(({ job, run, place }) => streamsOf(job, run, place));
  const isOver = isFinal(DEPLOYMENT_LIFECYCLE, deployment.status);
  const ended = isOver && found.every(({ run }) => run.completed_at !== undefined);
  if (!ended || streams.length > 0) return { streams, ended };
  const [only] = found;
  return { streams, ended, absence: only === undefined ? NO_COMMANDS : absenceOf(only.run, [only.job]) };
}

interface Found {
  readonly job: JobRecord;
  readonly run: Run;
  /** Among all that there may be; one that is added later comes last. */
  readonly place: number;
}

async function jobsOf({ table }: Pick<Ports, 'table'>, deployment: Deployment): Promise<Found[]> {
  const all = namesOf(deployment).map((name) => idsOf(deployment.id, name));
  const [foundJobs, foundRuns] = await Promise.all([
    jobs.getMany(
      table,
      all.map(({ job }) => Keys.job(job)),
    ),
    runs.getMany(
      table,
      all.map(({ run }) => Keys.run(run)),
    ),
  ]);
  return all.flatMap((ids, place) => {
    const job = foundJobs.find((one) => one.id === ids.job);
    const run = foundRuns.find((one) => one.id === ids.run);
    return job === undefined || run === undefined ? [] : [{ job, run, place }];
  });
}
