/** What a deployment may do next: a pure function of everything that the rules of its environment ask about. */
import type { Frozen } from '../environment/freeze.ts';
import type { Environment } from '../environment/schema.ts';
import type { Project } from '../project/schema.ts';
import type { Release } from '../release/schema.ts';
import { timeText } from '../time-text.ts';
import { approversOf, missingApprovals } from './approval.ts';
import type { Block, Deployment, Rule } from './schema.ts';

/** All that is asked about. */
export interface Situation {
  readonly deployment: Deployment;
  readonly environment: Environment;
  readonly project: Pick<Project, 'slug' | 'stopped'>;
  readonly release: Pick<Release, 'id' | 'version' | 'tag' | 'yanked'> & {
    readonly hotfix?: boolean | undefined;
  };
  /** Since when the release has succeeded, by environment. */
  readonly succeeded: ReadonlyMap<string, Date>;
  readonly frozen: Frozen | undefined;
  readonly now: Date;
}

export type Verdict =
  | { readonly kind: 'begin' }
  | { readonly kind: 'wait'; readonly blocks: readonly Block[] }
  /** It can never begin. */
  | { readonly kind: 'reject'; readonly message: string; readonly hint: string };

const nameOf = ({ id, version, tag }: Situation['release']): string => version ?? tag ?? id;

export function verdictOf(situation: Situation): Verdict {
  const { release, deployment, now } = situation;
  // What was served once may be served again: the way back is open also from a release that was taken out since.
  if (release.yanked !== undefined && deployment.restores === undefined)
    return {
      kind: 'reject',
      message: `Release ${nameOf(release)} was yanked: ${release.yanked.reason}`,
      hint: 'Deploy another release.',
    };
  const blocks = blocksOf(situation);
  const expires = deployment.approval_expires_at;
  if (
    expires !== undefined &&
    Date.parse(expires) <= now.getTime() &&
    blocks.some(({ rule }) => rule === 'approval')
  )
    return {
      kind: 'reject',
      message: `The approvals of environment '${deployment.environment}' were not complete at ${timeText(new Date(expires))}.`,
      hint: 'Deploy the release again, and ask for approval in time.',
    };
  return blocks.length === 0 ? { kind: 'begin' } : { kind: 'wait', blocks };
}

/** Each rule that does not hold, in the order of `Rule`. */
function blocksOf(situation: Situation): Block[] {
  return RULES.flatMap(([rule, check]) => {
    const found = check(situation);
    return found === undefined ? [] : [{ rule, ...found }];
  });
}

type Check = (situation: Situation) => Omit<Block, 'rule'> | undefined;

/** A check that the way back passes: it restores what went through all of them before. */
const unlessRestoring =
  (check: Check): Check =>
  (situation) =>
    situation.deployment.restores === undefined ? check(situation) : undefined;

const stopped: Check = ({ project, release }) =>
  project.stopped === undefined || release.hotfix === true
    ? undefined
    : {
        message: `Promotions of project '${project.slug}' are stopped: ${project.stopped.reason}`,
      };

const hold: Check = ({ environment, deployment }) =>
  environment.hold === undefined || !deployment.automatic
    ? undefined
    : { message: `Automatic promotions to '${environment.name}' are on hold: ${environment.hold.reason}` };

const after: Check = ({ environment, release, succeeded }) => {
  const missing = environment.after.filter((name) => !succeeded.has(name));
  return missing.length === 0
    ? undefined
    : { message: `Release ${nameOf(release)} has not succeeded in ${missing.join(', ')}.` };
};

const soak: Check = ({ environment, release, succeeded, now }) => {
  const since = environment.after.flatMap((name) => succeeded.get(name)?.getTime() ?? []);
  const until = new Date(Math.max(0, ...since) + environment.soak_seconds * 1000);
  return until <= now
    ? undefined
    : {
        message: `Release ${nameOf(release)} has to serve in ${environment.after.join(', ')} until ${timeText(until)}.`,
        until: until.toISOString(),
      };
};

const schedule: Check = ({ deployment: { not_before: until }, now }) =>
  until === undefined || Date.parse(until) <= now.getTime()
    ? undefined
    : { message: `It is promoted at ${timeText(new Date(until))}.`, until };

const approval: Check = ({ environment: { approvals }, deployment }) => {
  if (approvals === undefined) return undefined;
  const missing = missingApprovals(approvals, deployment);
  if (missing === 0) return undefined;
  const { required } = approvals;
  const expires = deployment.approval_expires_at;
  return {
    message: `${required - missing} of ${required} approvals given; ${approversOf(approvals)} can approve.`,
    ...(expires !== undefined && { until: expires }),
  };
};

const freeze: Check = ({ environment, deployment, frozen }) => {
  if (frozen === undefined || deployment.override_freeze !== undefined) return undefined;
  const { until, window } = frozen;
  const why = window.reason === undefined ? '' : ` (${window.reason})`;
  return {
    message: `Environment '${environment.name}' is frozen until ${timeText(until)}${why}.`,
    until: until.toISOString(),
  };
};

const queue: Check = ({ environment, deployment }) => {
  const { active_deployment_id: active, name } = environment;
  return active === undefined || active === deployment.id
    ? undefined
    : { message: `Deployment ${active} to '${name}' is in progress.` };
};

const RULES: readonly (readonly [Rule, Check])[] = [
  ['stopped', unlessRestoring(stopped)],
  ['hold', hold],
  ['after', unlessRestoring(after)],
  ['soak', unlessRestoring(soak)],
  ['schedule', schedule],
  ['approval', unlessRestoring(approval)],
  ['freeze', unlessRestoring(freeze)],
  ['queue', queue],
];
