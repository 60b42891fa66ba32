/** What workflows retry, by the table that their definitions are filled from. */
import { table } from 'embedded-cloud/test-kit/generated.ts';
import { longestPausesSeconds, pausesOf, RETRIES, type Retries } from '../../lib/domain/retries.ts';

const WHAT: Readonly<Record<Exclude<keyof typeof RETRIES, 'never'>, string>> = {
  noMachine: 'CodeBuild refuses to start a build, at its limit',
  noMachineOnRetry: 'the same, at a second or third attempt',
  jobStep: 'a step of a job',
  runEnd: 'the step that ends a fail_fast run',
  runEndThrottled: 'the same, throttled',
  deploymentStep: 'a step of a deployment',
  deploymentThrottled: 'the same, throttled',
  rollBack: 'the rollback of a deployment (throttled as above)',
  deliveryStep: 'a step of a delivery',
  deliveryBuild: "the build of a delivery's commit",
  gitHostOutage: 'the same, during an outage of the git host',
};

const time = (seconds: number): string =>
  seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 6) / 10} min`;

/** The pauses, with a run of equal ones as one. */
function pauses(retries: Retries): string {
  const all = pausesOf(retries);
  const last = all.at(-1);
  const equal = all.filter((seconds) => seconds === last).length;
  const told = equal > 2 ? [...all.slice(0, all.length - equal), `${equal} × ${last}`] : all;
  return `${told.join(', ')} s`;
}

export const retries = (): string =>
  table(
    ['what fails', 'retries', 'pauses, at most', 'together'],
    Object.entries(WHAT).map(([name, what]) => {
      const retry: Retries | undefined = Object.entries(RETRIES).find(([key]) => key === name)?.[1];
      if (retry === undefined) throw new Error(`RETRIES has no ${name}.`);
      return [what, String(retry.attempts), pauses(retry), time(longestPausesSeconds(retry))];
    }),
  );
