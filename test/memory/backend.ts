/** Machines in memory: a test says which there are. */
import type { Backend, BackendJob } from '../../lib/domain/ports/backend.ts';

export interface MemoryBackend extends Backend {
  /** Says how the machine of a job stands, in an execution. */
  place(execution: string, jobId: string, machine: BackendJob): void;
  readonly stopped: readonly string[];
}

export function memoryBackend(): MemoryBackend {
  const machines = new Map<string, Map<string, BackendJob>>();
  const stopped: string[] = [];
  return {
    stopped,
    place(execution, jobId, machine) {
      machines.set(execution, (machines.get(execution) ?? new Map()).set(jobId, machine));
    },
    async jobsOf(execution) {
      return new Map(machines.get(execution));
    },
    async stop(ref) {
      stopped.push(ref);
      for (const run of machines.values())
        for (const [jobId, machine] of run)
          if (machine.ref === ref) run.set(jobId, { ...machine, active: false, status: 'STOPPED' });
    },
  };
}
