import * as z from 'zod';
import { Id } from '../id.ts';
import { JobSettings } from '../target/command.ts';
import { Target } from '../target/index.ts';
import { line } from '../text.ts';
import { GitSha, Name, Timestamp, Variables } from '../values.ts';
import { Health } from './health.ts';
import { assertProcess } from './process.ts';
import { assertEffective, Hold, Rules } from './rules.ts';

export { windowIn } from './freeze-text.ts';

/** Names that Lambda sets itself and refuses (docs: "Using Lambda environment variables", reserved). */
const RESERVED = /^(?:_HANDLER|_X_AMZN_TRACE_ID|LAMBDA_TASK_ROOT|LAMBDA_RUNTIME_DIR)$/i;
const FunctionVariables = Variables.refine(
  (all) => !Object.keys(all).some((name) => RESERVED.test(name)),
  'may not hold _HANDLER, _X_AMZN_TRACE_ID, LAMBDA_TASK_ROOT or LAMBDA_RUNTIME_DIR: Lambda sets them itself, and they would be lost there. Choose other names',
);

/** Who decides about an environment: requests, or the manifest of the default branch, as a build brought it. */
export const Owner = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('api') }),
  z.object({
    kind: z.literal('manifest'),
    /** Absent until a build has set it. */
    build: Id.build.optional(),
    commit: GitSha.optional(),
  }),
]);
export type Owner = z.infer<typeof Owner>;

/** A named place to deploy to. */
export const Environment = z.object({
  name: Name,
  project_id: Id.project,
  owner: Owner.default({ kind: 'api' }),
  target: Target,
  /** The service of a release that goes here; may be absent while releases have one service. */
  service: Name.optional(),
  /** Since when the function is this environment's target; of environments of an older version since they exist. */
  function_since: Timestamp.optional(),
  variables: z.record(z.string(), z.string()),
  /** The path that must answer as it should before a deployment succeeds. */
  health_path: z.string(),
  ...Health.shape,
  /** Commands that test a new version before it gets traffic. */
  test: JobSettings.optional(),
  ...Rules.shape,
  /** Counts the changes of what is deployed beside the release: target, variables, health check. */
  config_version: z.int().min(1).default(1),
  current_release_id: Id.release.optional(),
  current_deployment_id: Id.deployment.optional(),
  /** The deployment that is under way. */
  active_deployment_id: Id.deployment.optional(),
  /** The deployments that wait, in the order in which they were asked for. */
  waiting_deployment_ids: z.array(Id.deployment).default([]),
  hold: Hold.optional(),
  /** Where what serves is reached. */
  url: z.url().optional(),
  /** Deprecated: the earlier name of `url`. */
  preview_url: z.url().optional(),
  created_at: Timestamp,
  updated_at: Timestamp,
});
export type Environment = z.infer<typeof Environment>;

export const PutEnvironment = z
  .strictObject({
    /** `api` takes it over from the manifest, `manifest` hands it over. */
    owner: z.enum(['api', 'manifest']).optional(),
    target: Target,
    service: Name.optional(),
    variables: FunctionVariables.default({}),
    // `//host` and `/\host` are addresses of other hosts (WHATWG URL, "relative slash state"), which nobody may have asked.
    health_path: line(501)
      .regex(/^\/(?![/\\])[^\s\\]{0,500}$/, 'must be a path: begin with one / and hold no backslash or space')
      .default('/'),
    ...Health.shape,
    test: JobSettings.optional(),
    ...Rules.shape,
  })
  .superRefine(assertEffective)
  .superRefine(({ target, variables }, context) => {
    if (target.kind !== 'static' || target.variables_file !== undefined) return;
    if (Object.keys(variables).length === 0) return;
    const message =
      'have no effect on a site without `variables_file`: set `target.variables_file` to the file that gets them';
    context.addIssue({ code: 'custom', path: ['variables'], message });
  })
  .superRefine(assertProcess);
export type PutEnvironment = z.infer<typeof PutEnvironment>;
