import { isFinal } from '../../lifecycle.ts';
import { collection } from '../../storage/collection.ts';
import { Keys, Partitions } from '../../storage/keys.ts';
import { RUN_LIFECYCLE, Run } from './run.ts';

export const runs = collection({
  kind: 'run',
  schema: Run,
  key: (run) => Keys.run(run.id),
  index: (run) => ({ gsi1pk: Partitions.runs(run.build_id), gsi1sk: run.id }),
  second: (run) =>
    isFinal(RUN_LIFECYCLE, run.status)
      ? { gsi2pk: Partitions.endedRuns(run.project_id, run.status), gsi2sk: run.id }
      : { gsi2pk: Partitions.openRuns, gsi2sk: `${run.project_id}#${run.id}` },
});
