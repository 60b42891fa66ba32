import { isFinal } from '../../lifecycle.ts';
import { collection } from '../../storage/collection.ts';
import { Keys, Partitions } from '../../storage/keys.ts';
import { RUN_LIFECYCLE, Run } from './run.ts';

export const runs = collection({
  kind: 'run',
  // Listeners of builds hear nothing of it; the job's events tell of both.
  entity: ({ deployment_id: id }) => (id === undefined ? 'run' : 'deployment_run'),
  schema: Run,
  key: (run) => Keys.run(run.id),
  index: (run) => ({ gsi1pk: Partitions.runs(run.build_id ?? run.deployment_id ?? ''), gsi1sk: run.id }),
  second: (run) => {
    if (!isFinal(RUN_LIFECYCLE, run.status))
      return { gsi2pk: Partitions.openRuns, gsi2sk: `${run.project_id}#${run.id}` };
    if (run.build_id === undefined) return undefined;
    return { gsi2pk: Partitions.endedRuns(run.project_id, run.status), gsi2sk: run.id };
  },
});
