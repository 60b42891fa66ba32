/** What a deployment may do next: a pure function of everything that the rules of its environment ask about. */
import type { Frozen } from '../environment/freeze.ts';
import type { Environment } from '../environment/schema.ts';
import type { Project } from '../project/schema.ts';
import type { Release } from '../release/schema.ts';
import { isSameTarget, titleOf } from '../target/index.ts';
import { timeText } from '../time-text.ts';
import { approversOf, rejectionOf, validApprovals } from './approval.ts';
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
  /** Of those who have approved, who may do nothing any more. */
  readonly disabled: ReadonlySet<string>;
  readonly now: Date;
}

export type Verdict =
  | { readonly kind: 'begin' }
  | { readonly kind: 'wait'; readonly blocks: readonly Block[] }
  /** It can never begin. */
  | {
      readonly kind: 'reject';
      readonly code: 'release_yanked' | 'not_eligible' | 'nothing_to_restore' | 'wrong_state';
      readonly message: string;
      readonly hint: string;
    };
type Rejection = Extract<Verdict, { kind: 'reject' }>;

const nameOf = ({ id, version, tag }: Situation['release']): string => version ?? tag ?? id;

export function verdictOf(situation: Situation): Verdict {
  const rejection = rejectionIn(situation);
  if (rejection !== undefined) return rejection;
  const { deployment, now } = situation;
  const blocks = blocksOf(situation);
  const expires = deployment.approval_expires_at;
  if (
    expires !== undefined &&
    Date.parse(expires) <= now.getTime() &&
    blocks.some(({ rule }) => rule === 'approval')
  )
    return rejected(
      'wrong_state',
      `The approvals of environment '${deployment.environment}' were not complete at ${timeText(new Date(expires))}.`,
      'Deploy the release again, and ask for approval in time.',
    );
  return blocks.length === 0 ? { kind: 'begin' } : { kind: 'wait', blocks };
}

/** A verdict that ends it. */
export const rejected = (code: Rejection['code'], message: string, hint: string): Rejection => ({
  kind: 'reject',
  code,
  message,
  hint,
});

/** Why it can never begin, however long it waits. */
function rejectionIn(situation: Situation): Rejection | undefined {
  const { release, deployment, environment, succeeded } = situation;
  if (release.yanked !== undefined)
    return rejected(
      'release_yanked',
      `Release ${nameOf(release)} was yanked: ${release.yanked.reason}`,
      'Deploy another release.',
    );
  const no = rejectionOf(deployment);
  if (no !== undefined)
    return rejected(
      'wrong_state',
      `user:${no.user_name} rejected the deployment: ${no.reason ?? 'no reason given'}`,
      'Fix the cause, then deploy again.',
    );
  if (deployment.restores !== undefined)
    return isSameTarget(deployment.target, environment.target)
      ? undefined
      : rejected(
          'nothing_to_restore',
          `The target of environment '${environment.name}' is ${titleOf(environment.target)} by now.`,
          'Deploy a release instead.',
        );
  const missing = environment.after.filter((name) => !succeeded.has(name));
  if (missing.length > 0)
    return rejected(
      'not_eligible',
      `Release ${nameOf(release)} has not succeeded in ${missing.join(', ')}.`,
      `Deploy it to ${missing.join(', ')} first.`,
    );
  // Ids are in the order of time.
  const { current_release_id: current } = environment;
  return deployment.automatic && current !== undefined && current > deployment.release_id
    ? rejected(
        'not_eligible',
        `A newer release (${current}) is deployed.`,
        'Deploy it by hand if you want it.',
      )
    : undefined;
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

const approval: Check = ({ environment: { approvals }, deployment, disabled }) => {
  if (approvals === undefined) return undefined;
  const { required } = approvals;
  const count = validApprovals(approvals, deployment, disabled).length;
  if (count >= required) return undefined;
  const expires = deployment.approval_expires_at;
  return {
    message: `${count} of ${required} approvals given; ${approversOf(approvals)} can approve.`,
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
  ['soak', unlessRestoring(soak)],
  ['schedule', schedule],
  ['approval', unlessRestoring(approval)],
  ['freeze', unlessRestoring(freeze)],
  ['queue', queue],
];
