/** What tests of the sweep begin with: a planned run, and what happens to its execution. */
import type { Dispatch } from '../../../lib/domain/execution/attempt/task.ts';
import { planRun, startedBuild, type World } from '../world.ts';

export const MINUTES = 60_000;
/** A machine at work, as the backend tells it. */
export const MACHINE = { ref: 'machine:1', status: 'running' } as const;

export async function planned(
  place: World,
  manifest?: string,
  input = {},
): Promise<{ id: string; jobs: Dispatch[] }> {
  const { run } = await startedBuild(place, manifest, input);
  return { id: run.id, jobs: (await planRun(place, run.id)).jobs };
}

export function executionEnds(place: World, id: string, status: 'succeeded' | 'failed' | 'stopped'): void {
  const execution = place.ports.workflows.find('build', id);
  if (execution === undefined) throw new Error('The run has no execution.');
  execution.status = status;
}
