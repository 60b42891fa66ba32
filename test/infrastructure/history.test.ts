import { expect, it } from 'vitest';
import { LOOKS } from '../../lib/domain/deployment/time.ts';
import { MAX_JOBS } from '../../lib/domain/execution/plan/expand.ts';
import { MAX_ATTEMPTS } from '../../lib/domain/retries.ts';
import { definitionOf } from '../../lib/infrastructure/definition.ts';
import { longest, Machine } from './history.ts';

/** An execution that reaches it fails (docs: Step Functions service quotas, "Maximum execution history size"). */
const MAX_EVENTS = 25_000;
/** ExecutionStarted and ExecutionSucceeded. */
const OF_EXECUTION = 2;

it('the largest run stays within the history of an execution, though each job is lost and all retries are used', () => {
  const retries = {
    HandleFailedAttempt: MAX_ATTEMPTS,
    ShouldRetry: MAX_ATTEMPTS,
    RetryBuild: MAX_ATTEMPTS - 1,
  };

  const events =
    OF_EXECUTION + longest(Machine.parse(definitionOf('build')), { visits: retries, items: MAX_JOBS });

  expect(events).toBeLessThan(MAX_EVENTS);
});

it('a deployment and a delivery do so by far', () => {
  const most = LOOKS.quick + LOOKS.slow;
  const looks = { LookAgain: most, IsReady: most + 1, WaitForTarget: most };
  const deployment = longest(Machine.parse(definitionOf('deployment')), { visits: looks, items: 0 });
  const delivery = longest(Machine.parse(definitionOf('trigger')), {
    visits: { Build: 4, Decided: 4, Pause: 3 },
    items: 25,
  });

  expect(Math.max(deployment, delivery) + OF_EXECUTION).toBeLessThan(MAX_EVENTS);
});
