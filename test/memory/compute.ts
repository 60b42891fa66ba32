/** Machines in memory: a test says which there are. */
import type { ComputeMachines, JobMachine } from '../../lib/domain/ports/compute.ts';

export interface MemoryMachines extends ComputeMachines {
  /** Says how the machine of a job stands, in an execution. */
  place(execution: string, jobId: string, machine: JobMachine): void;
  readonly stopped: readonly string[];
}

export function memoryMachines(): MemoryMachines {
  const machines = new Map<string, Map<string, JobMachine>>();
  const stopped: string[] = [];
  return {
    stopped,
    place(execution, jobId, machine) {
      machines.set(execution, (machines.get(execution) ?? new Map()).set(jobId, machine));
    },
    async machinesOf(execution) {
      return new Map(machines.get(execution));
    },
    async stop(ref) {
      stopped.push(ref);
      for (const run of machines.values())
        for (const [jobId, machine] of run)
          if (machine.ref === ref) run.set(jobId, { ...machine, status: 'stopped' });
    },
  };
}
