import * as z from 'zod';
import { Artifact } from '../artifact/schema.ts';
import { Build } from '../execution/model/build.ts';
import { Job } from '../execution/model/job.ts';
import { Failure, Run } from '../execution/model/run.ts';
import { LogLine } from '../log/schema.ts';

/** Everything that one wants to see of a build that went wrong, in one answer. */
export const DiagnosisReport = z.object({
  /** What was to be built: source, commit, manifest hash, services, matrix, inputs. */
  build: Build,
  /** The run that is looked at: the one that was named, or the newest; null before the first. */
  run: Run.nullable(),
  /** All runs of the build, newest first; at most 100. */
  runs: z.array(Run),
  jobs: z.array(Job),
  artifacts: z.array(Artifact),
  /** The last lines of the log, at most 30: of the first job that failed, where one did. */
  log: z.array(LogLine),
  /** Why the run did not complete; its hint is always there. Null when nothing has failed. */
  failure: Failure.required({ hint: true }).nullable(),
  /** Commands to try next. */
  next: z
    .array(z.string())
    .meta({ examples: [['staithe build run bld_01JZX3V5N8Q2R4T6W8Y0A1B2C3 --follow']] }),
});
export type DiagnosisReport = z.infer<typeof DiagnosisReport>;
