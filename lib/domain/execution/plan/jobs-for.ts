/** The jobs of a run that is planned: one for each cell. */

import type { Manifest } from '../../manifest/schema.ts';
import type { Ports } from '../../ports/index.ts';
import type { Source } from '../../source/schema.ts';
import type { Ticketed } from '../attempt/hand-over.ts';
import { newTicket } from '../attempt/ticket.ts';
import type { Build } from '../model/build.ts';
import { manifestFailure, policyFailure } from '../model/plan-failure.ts';
import type { Run } from '../model/run.ts';
import { assertAnswerable } from '../model/size.ts';
import type { Cell } from './expand.ts';
import { jobOf } from './job-of.ts';

type JobPorts = Pick<Ports, 'compute' | 'installation' | 'clock' | 'randomness'>;

export interface Planned {
  readonly run: Run;
  readonly build: Build;
  readonly source: Source;
  readonly treeDigest: string;
  readonly manifest: Manifest;
}

/** A job for each cell, with its ticket. @throws PlanFailure when they may not or cannot be built */
export function jobsFor(ports: JobPorts, cells: readonly Cell[], context: Planned): Ticketed[] {
  const { run, build, source, treeDigest, manifest } = context;
  const { compute } = ports;
  if (cells.length === 0)
    throw manifestFailure(
      'There are no services to build.',
      'Name services of the manifest, or rerun all jobs.',
    );
  assertForkMay(ports, build, cells);
  const now = ports.clock.now();
  const made = cells.map((cell) => {
    const ticket = newTicket(ports.randomness);
    const { registry } = manifest;
    const job = jobOf(cell, { run, build, source, treeDigest, registry, compute, now }, ticket);
    return { ticket, job: { ...job, ...(run.job_limit !== undefined && { limited: true }) } };
  });
  assertAnswerable(made.map(({ job }) => job));
  return made;
}

/**
 * A transaction has 100 items of 4 MB in all (docs: DynamoDB, TransactWriteItems); three are the project, build and run.
 * Of bytes there is always room: the jobs of a run have 2.5 MB at most (`assertAnswerable`), build and run 400 KB each.
 */
const MAX_JOBS = 97;

/** Whether jobs fit into one transaction with what they belong to. */
export const isOneTransaction = (made: readonly Ticketed[]): boolean => made.length <= MAX_JOBS;

/** A Dockerfile's commands may have power over the machine; the operator says whether a stranger's may run there. */
function assertForkMay({ installation }: JobPorts, { trust }: Build, cells: readonly Cell[]): void {
  if (trust === 'own' || installation.forkImages) return;
  const images = new Set(
    cells.filter(({ spec }) => spec.dockerfile !== undefined).map(({ service }) => service),
  );
  if (images.size === 0) return;
  throw policyFailure(
    `This installation does not build container images of forks; these services have a dockerfile: ${[...images].map((name) => `'${name}'`).join(', ')}.`,
    'Build the other services (--service), or ask the operator to set ForkImageBuilds to allow where image builds are isolated.',
  );
}
