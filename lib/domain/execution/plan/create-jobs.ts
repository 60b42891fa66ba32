/** The jobs of a run that is planned: one for each cell. */
import type { Build } from '../../builds/schema.ts';
import type { Manifest } from '../../manifest/schema.ts';
import type { Ports } from '../../ports/index.ts';
import { ConditionFailed } from '../../ports/table.ts';
import type { Source } from '../../source/schema.ts';
import { handOver, type Ticketed } from '../attempt/hand-over.ts';
import { newTicket } from '../attempt/ticket.ts';
import { jobs } from '../model/job-record.ts';
import { manifestFailure, policyFailure } from '../model/plan-failure.ts';
import type { Run } from '../model/run.ts';
import { assertAnswerable } from '../model/size.ts';
import type { Cell } from './expand.ts';
import { jobOf } from './job-of.ts';

type JobPorts = Pick<Ports, 'table' | 'installation' | 'clock' | 'randomness'>;

export interface Planned {
  readonly run: Run;
  readonly build: Build;
  readonly source: Source;
  readonly treeDigest: string;
  readonly manifest: Manifest;
}

/** Records a job for each cell, with its ticket. @throws PlanFailure when they may not or cannot be built */
export async function createJobs(
  ports: JobPorts,
  cells: readonly Cell[],
  context: Planned,
): Promise<Ticketed[]> {
  const { run, build, source, treeDigest, manifest } = context;
  const { offer } = ports.installation;
  if (cells.length === 0)
    throw manifestFailure(
      'No service is left to build.',
      'Name services of the manifest, or rerun all jobs.',
    );
  assertForkMay(ports, build, cells);
  const now = ports.clock.now();
  const made = cells.map((cell) => {
    const ticket = newTicket(ports.randomness);
    const { registry } = manifest;
    const job = jobOf(cell, { run, build, source, treeDigest, registry, offer, now }, ticket);
    return { ticket, job: { ...job, ...(run.job_limit !== undefined && { limited: true }) } };
  });
  assertAnswerable(made.map(({ job }) => job));
  return Promise.all(made.map((one) => created(ports, one)));
}

/** A Dockerfile's commands may have power over the machine; the operator says whether a stranger's may run there. */
function assertForkMay({ installation }: JobPorts, { trust }: Build, cells: readonly Cell[]): void {
  if (trust === 'own' || installation.forkImages) return;
  const images = new Set(
    cells.filter(({ spec }) => spec.dockerfile !== undefined).map(({ service }) => service),
  );
  if (images.size === 0) return;
  throw policyFailure(
    `This installation does not build container images of forks; these services have a dockerfile: ${[...images].map((name) => `'${name}'`).join(', ')}.`,
    'Build the other services (--services); or let the operator set ForkImageBuilds to allow, where image builds are isolated.',
  );
}

/** A plan that broke off has left jobs; they are taken over. */
async function created(ports: JobPorts, made: Ticketed): Promise<Ticketed> {
  try {
    await jobs.create(ports.table, made.job);
    return made;
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
    const taken = await handOver(ports, made.job.id);
    if (taken === undefined) throw error;
    return taken;
  }
}
