/** Interrupts random machines at a random task call, and goes on from what was on disk at that moment. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { begin, finish, lambda, testCloud } from './cloud.ts';

type Step =
  | { kind: 'pass'; add: number; assign: boolean }
  | { kind: 'choice'; limit: number }
  | { kind: 'task' }
  | { kind: 'wait' }
  | { kind: 'fail'; above: number }
  | { kind: 'parallel'; branches: Step[][]; caught: boolean }
  | { kind: 'map'; items: number[]; concurrency: number; tolerated: number; flow: Step[] };

const { flow } = fc.letrec<{ flow: Step[]; step: Step }>((tie) => ({
  flow: fc.array(tie('step'), { minLength: 1, maxLength: 4 }),
  step: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ kind: fc.constant('task' as const) }),
    fc.record({ kind: fc.constant('pass' as const), add: fc.nat(9), assign: fc.boolean() }),
    fc.record({ kind: fc.constant('choice' as const), limit: fc.nat(30) }),
    fc.record({ kind: fc.constant('wait' as const) }),
    fc.record({ kind: fc.constant('fail' as const), above: fc.nat(60) }),
    fc.record({
      kind: fc.constant('parallel' as const),
      branches: fc.array(tie('flow'), { minLength: 1, maxLength: 3 }),
      caught: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant('map' as const),
      items: fc.array(fc.nat(9), { maxLength: 4 }),
      concurrency: fc.nat(3),
      tolerated: fc.nat(2),
      flow: tie('flow'),
    }),
  ),
}));

/** Turns steps into states; every state takes and gives a number. */
function flowOf(
  steps: Step[],
  names: { last: number },
  depth = 0,
): { StartAt: string; States: Record<string, unknown> } {
  const own = steps.map(() => `S${++names.last}`);
  const end = `S${++names.last}`;
  const States: Record<string, unknown> = { [end]: { Type: 'Succeed' } };
  for (const [index, step] of steps.entries()) {
    const name = own[index] ?? end;
    const Next = own[index + 1] ?? end;
    States[name] = stateOf(step, Next, names, depth, States);
  }
  return { StartAt: own[0] ?? end, States };
}

function stateOf(
  step: Step,
  Next: string,
  names: { last: number },
  depth: number,
  siblings: Record<string, unknown>,
): Record<string, unknown> {
  const variable = `v${depth}`;
  const sum = `{% $sum($append(0, $states.result[$type($) = "number"])) + ($exists($${variable}) ? $${variable} : 0) %}`;
  switch (step.kind) {
    case 'pass': {
      const Assign = { [variable]: '{% $states.input %}' };
      return {
        Type: 'Pass',
        Output: `{% $states.input + ${step.add} %}`,
        ...(step.assign ? { Assign } : {}),
        Next,
      };
    }
    case 'choice': {
      const Condition = `{% $states.input < ${step.limit} %}`;
      return {
        Type: 'Choice',
        Choices: [{ Condition, Output: '{% $states.input * 2 %}', Next }],
        Default: Next,
      };
    }
    case 'task':
      return {
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke',
        Arguments: { FunctionName: 'next', Payload: '{% $states.input %}' },
        Output: '{% $states.result.Payload %}',
        Next,
      };
    case 'wait':
      return { Type: 'Wait', Seconds: 1, Next };
    case 'fail': {
      const fail = `S${++names.last}`;
      siblings[fail] = { Type: 'Fail', Error: 'TooMuch' };
      const Condition = `{% $states.input > ${step.above} %}`;
      return { Type: 'Choice', Choices: [{ Condition, Next: fail }], Default: Next };
    }
    case 'parallel': {
      const Branches = step.branches.map((branch) => flowOf(branch, names, depth + 1));
      const Catch = [{ ErrorEquals: ['TooMuch'], Output: 7, Next }];
      return { Type: 'Parallel', Branches, Output: sum, Next, ...(step.caught ? { Catch } : {}) };
    }
    case 'map':
      return {
        Type: 'Map',
        Items: `{% $append([], ${JSON.stringify(step.items)}) %}`,
        MaxConcurrency: step.concurrency,
        ToleratedFailureCount: step.tolerated,
        ItemProcessor: flowOf(step.flow, names, depth + 1),
        Output: sum,
        Next,
      };
  }
}

describe('an interrupted execution', () => {
  it('ends as the uninterrupted one does', async () => {
    let interrupted = 0;
    await fc.assert(
      fc.asyncProperty(flow, fc.nat(9), fc.integer({ min: 1, max: 8 }), async (steps, input, at) => {
        const copy = mkdtempSync(join(tmpdir(), 'stepfunctions-'));
        let calls = 0;
        let copied = false;
        const whole = testCloud(
          lambda({
            next: (payload) => {
              calls += 1;
              if (calls === at) {
                cpSync(whole.folder, copy, { recursive: true });
                copied = true;
              }
              return Number(payload) + 1;
            },
          }),
        );
        const executionArn = await begin(whole, flowOf(steps, { last: 0 }), input);
        const expected = await finish(whole, executionArn);
        whole.close();

        const resumed = copied
          ? testCloud(lambda({ next: (payload) => Number(payload) + 1 }), copy)
          : undefined;
        if (resumed !== undefined) {
          interrupted += 1;
          expect(await finish(resumed, executionArn)).toEqual(expected);
          resumed.close();
        }
        rmSync(copy, { recursive: true, force: true });
      }),
      { numRuns: 150 },
    );
    // Otherwise the property would say nothing.
    expect(interrupted).toBeGreaterThan(10);
  });
});

describe('a task', () => {
  it('is on disk with its arguments before it is called', async () => {
    const copy = mkdtempSync(join(tmpdir(), 'stepfunctions-'));
    const payloads: unknown[] = [];
    const whole = testCloud(
      lambda({
        keep: (payload) => {
          payloads.push(payload);
          cpSync(whole.folder, copy, { recursive: true }); // as a crash at this moment leaves it
        },
      }),
    );
    const Arguments = { FunctionName: 'keep', Payload: '{% $uuid() %}' };
    const Only = { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', Arguments, End: true };
    const executionArn = await begin(whole, { StartAt: 'Only', States: { Only } });
    await finish(whole, executionArn);
    whole.close();

    const resumed = testCloud(lambda({ keep: (payload) => payloads.push(payload) }), copy);
    await finish(resumed, executionArn);

    expect(payloads).toHaveLength(2);
    expect(payloads[1]).toBe(payloads[0]);
    resumed.close();
    rmSync(copy, { recursive: true });
  });
});
