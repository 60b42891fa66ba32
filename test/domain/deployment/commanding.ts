/** A project whose deployments run commands: to deploy, and to test. */
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { claim } from '../../../lib/domain/deployment/jobs/claim.ts';
import { idsOf } from '../../../lib/domain/deployment/jobs/job.ts';
import type { Purpose } from '../../../lib/domain/deployment/jobs/purpose.ts';
import { rollBack } from '../../../lib/domain/deployment/roll-back.ts';
import { apply } from '../../../lib/domain/deployment/steps.ts';
import * as Job from '../../../lib/domain/execution/agent.ts';
import type { Dispatch } from '../../../lib/domain/execution/attempt/task.ts';
import type { ReportResult } from '../../../lib/domain/execution/model/job.ts';
import { TargetError } from '../../../lib/domain/ports/targets.ts';
import { deployable } from '../deploying.ts';
import { holderOf } from '../world.ts';

export const COMMANDS = { kind: 'command', commands: ['helm upgrade --install shop .'] };
export const FUNCTION = { kind: 'lambda', function_name: 'hello' };
export const TEST = { commands: ['sh smoke-test.sh'], timeout_seconds: 600 };

export const succeeded = (outputs = {}): ReportResult => ({ status: 'completed', artifact_ids: [], outputs });
export const failed: ReportResult = {
  status: 'failed',
  error: { code: 'build_error', message: 'Command 1 of 1 failed with exit code 3.', last_lines: ['no'] },
};

export async function commanding() {
  const scene = await deployable();
  const { place } = scene;
  async function agentOf(deploymentId: string, purpose: Purpose, round = 1) {
    const { run } = idsOf(deploymentId, { purpose, round });
    const [dispatch] = (place.ports.workflows.find('build', run)?.input.jobs ?? []) as Dispatch[];
    if (dispatch === undefined) throw new Error(`There is no job to ${purpose}.`);
    const { job_id: id, ticket } = dispatch;
    const work = await claim(place.ports, id, { ticket, claim_id: randomUUID() });
    const actor = await holderOf(place, work);
    return { work, id, report: (result: ReportResult) => Job.result(place.ports, actor, id, result) };
  }

  /** What the workflow does with a step that was refused. */
  async function refused(id: string, step: Promise<unknown>): Promise<void> {
    const error = await step.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(TargetError);
    await rollBack(place.ports, id, error instanceof Error ? error.message : '');
  }

  async function deploying(more: object = { target: COMMANDS }) {
    await scene.put(more);
    const release = await scene.release('one');
    const { id } = await scene.deploy(release.id);
    return { id, release, begun: await apply(place.ports, id) };
  }
  return { scene, place, agentOf, refused, deploying };
}
