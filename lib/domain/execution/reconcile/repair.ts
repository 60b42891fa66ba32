/** What the sweep has repaired of an open run. */
import type { Ports } from '../../ports/index.ts';
import type { PlanPorts } from '../plan/index.ts';

export type RunPorts = PlanPorts & Pick<Ports, 'machines'>;

export interface Repair {
  readonly run_id: string;
  readonly what:
    | 'never started'
    | 'start refused'
    | 'workflow died'
    | 'out of time'
    | 'agent silent'
    | 'machine gone'
    | 'event lost';
  readonly job_ids: readonly string[];
}
