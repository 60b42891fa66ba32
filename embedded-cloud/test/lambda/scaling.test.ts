import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { ScalingPolicy, type Shortage } from '../../src/lambda/runtime/scaling.ts';

function policyWith(startMs: number, eventMs: number): ScalingPolicy {
  const policy = new ScalingPolicy();
  for (let round = 0; round < 50; round++) {
    policy.recordStart(startMs);
    policy.recordEvent(eventMs);
  }
  return policy;
}

const shortage = (waiting: number, busyFor: readonly number[], more: Partial<Shortage> = {}): Shortage => ({
  ...{ waiting, busyFor, starting: 0, stalledFor: 0, machineBusy: false },
  ...more,
});

describe('another execution environment', () => {
  it('is not started for events that are over sooner than a start', () => {
    const policy = policyWith(300, 5);

    expect(policy.shouldStart(shortage(10, [3]))).toBe(false);
  });

  it('is started when those that wait would wait for longer than a start takes', () => {
    const policy = policyWith(300, 50);

    expect(policy.shouldStart(shortage(10, [3]))).toBe(true);
  });

  it('is started at once when every other one is held by a long event', () => {
    const policy = policyWith(300, 5);

    expect(policy.shouldStart(shortage(1, [15_000, 800]))).toBe(true);
  });

  it('is not started where there are enough to keep every processor busy', () => {
    const policy = policyWith(300, 50);
    const busy = Array.from({ length: 2 * availableParallelism() }, () => 3);

    expect(policy.shouldStart(shortage(1000, busy))).toBe(false);
    expect(policy.shouldStart(shortage(1000, [...busy.slice(1), 15_000]))).toBe(true);
  });

  describe('while no processor is idle', () => {
    const machineBusy = true;

    it('is not started as long as events end, however many wait and for how long the others have been at it', () => {
      const policy = policyWith(300, 50);

      expect(policy.shouldStart(shortage(1000, [900], { machineBusy, stalledFor: 40 }))).toBe(false);
    });

    it('is started once no event has ended for long: those under way wait for something else', () => {
      const policy = policyWith(300, 50);

      expect(policy.shouldStart(shortage(1, [900], { machineBusy, stalledFor: 700 }))).toBe(true);
    });

    it('is not started while one is starting', () => {
      const policy = policyWith(300, 50);

      expect(policy.shouldStart(shortage(1, [900], { machineBusy, stalledFor: 700, starting: 1 }))).toBe(
        false,
      );
    });
  });
});
