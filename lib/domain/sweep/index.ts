/**
 * The reconciler: events may be lost, agents and executions may die. Each sweep checks every run that has not ended
 * against its workflow and machines, and continues it or ends it with a reason.
 */

import { runs } from '../execution/model/run-record.ts';
import type { Repair, RunPorts } from '../execution/reconcile/repair.ts';
import { reconcileRun } from '../execution/reconcile/run.ts';
import type { Ports } from '../ports/index.ts';
import type { Key, Position } from '../ports/table.ts';
import { Partitions } from '../storage/keys.ts';
import { type DeploymentFailure, sweepDeployments } from './deployments.ts';
import { sweepNotifications } from './notifications.ts';
import { sweepUploads } from './uploads.ts';

export type { Repair } from '../execution/reconcile/repair.ts';

/** A page of open runs; a few of them are checked at the same time. */
const PAGE = 100;
/** As many as keep Step Functions' DescribeExecution (15 a second, docs: Step Functions quotas) from throttling. */
const AT_ONCE = 5;

export interface Sweep {
  readonly checked: number;
  readonly repairs: readonly Repair[];
  /** Uploads that were rejected, as they were overdue. */
  readonly uploads: readonly string[];
  /** Deployments that were waiting for their workflow to be started. */
  readonly deployments: readonly string[];
  /** Notifications that are sent again. */
  readonly notifications: readonly string[];
  /** Runs and deployments that could not be checked, and why; the next sweep tries again. */
  readonly failures: readonly ({ readonly run_id: string; readonly message: string } | DeploymentFailure)[];
}

/** @param hasTime stops the sweep before its function times out; the next sweep continues */
export async function sweep(
  ports: RunPorts & Pick<Ports, 'table'>,
  hasTime: () => boolean = () => true,
): Promise<Sweep> {
  const findings: Repair[] = [];
  const failures: Sweep['failures'][number][] = [];
  let checked = 0;
  for await (const keys of openRuns(ports)) {
    if (!hasTime()) break;
    const found = await runs.getMany(ports.table, keys);
    checked += found.length;
    const queue = found.values();
    const worker = async () => {
      for (const run of queue)
        try {
          const repair = await reconcileRun(ports, run);
          if (repair !== undefined) findings.push(repair);
        } catch (error) {
          failures.push({ run_id: run.id, message: error instanceof Error ? error.message : String(error) });
        }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }
  const { late, failures: unstarted } = await sweepDeployments(ports, hasTime);
  const uploads = await sweepUploads(ports);
  const notifications = await sweepNotifications(ports);
  return {
    checked: checked,
    repairs: findings,
    uploads,
    deployments: late,
    notifications,
    failures: [...failures, ...unstarted],
  };
}

async function* openRuns(ports: Pick<Ports, 'table'>): AsyncGenerator<Key[]> {
  let after: Position | undefined;
  do {
    const page = await ports.table.query({
      index: 'gsi2',
      partition: Partitions.openRuns,
      limit: PAGE,
      ...(after !== undefined && { after }),
    });
    if (page.items.length > 0) yield page.items.map(({ pk, sk }) => ({ pk, sk }));
    after = page.last;
  } while (after !== undefined);
}
