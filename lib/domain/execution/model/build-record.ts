import type { z } from 'zod';
import { Id } from '../../id.ts';
import { fullRef } from '../../ref.ts';
import { collection } from '../../storage/collection.ts';
import { Keys, Partitions } from '../../storage/keys.ts';
import { Build } from './build.ts';

/** A build as it is kept: it also names its newest run, so that this needs no query. */
const BuildRecord = Build.extend({ latest_run_id: Id.run.optional() });
export type BuildRecord = z.infer<typeof BuildRecord>;

export const builds = collection({
  kind: 'build',
  schema: BuildRecord,
  key: (build) => Keys.build(build.id),
  index: (build) => ({ gsi1pk: Partitions.builds(build.project_id), gsi1sk: build.id }),
  second: ({ id, project_id, git_ref: ref }) =>
    ref === undefined ? undefined : { gsi2pk: Partitions.buildsOfRef(project_id, fullRef(ref)), gsi2sk: id },
});
