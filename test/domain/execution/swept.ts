/** What tests of the sweep begin with: a planned run, and what happens to its execution. */

import { expect } from 'vitest';
import type { Dispatch } from '../../../lib/domain/execution/attempt/task.ts';
import type { Write } from '../../../lib/domain/ports/table.ts';
import { builtJob, planRun, startedBuild, type World } from '../world.ts';

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

/** The function that takes the job's result dies between the end of the job and the end of its run. */
export async function builtJobAlone(place: World, dispatch: Dispatch): Promise<void> {
  const { table } = place.ports;
  const dying = {
    ...table,
    write: async (write: Write) => {
      if ('put' in write && write.put.entity === 'run') throw new Error('The function died.');
      return table.write(write);
    },
  };
  await expect(builtJob({ ...place, ports: { ...place.ports, table: dying } }, dispatch)).rejects.toThrow(
    'The function died.',
  );
}

export function executionEnds(place: World, id: string, status: 'succeeded' | 'failed' | 'stopped'): void {
  const execution = place.ports.workflows.find('build', id);
  if (execution === undefined) throw new Error('The run has no execution.');
  execution.status = status;
}
