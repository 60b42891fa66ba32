import { collection } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { Run } from './schema.ts';

export const runs = collection({
  kind: 'run',
  schema: Run,
  key: (run) => Keys.run(run.id),
  index: (run) => ({ gsi1pk: Partitions.runs(run.build_id), gsi1sk: run.id }),
});
