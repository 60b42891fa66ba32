/** Machines of one state or two, and how they end. */
import type { Ended } from './cloud.ts';

export const INVOKE = 'arn:aws:states:::lambda:invoke';

const ITEM_FAILS_AT_TWO = {
  StartAt: 'Check',
  States: {
    Check: {
      Type: 'Choice',
      Choices: [{ Condition: '{% $states.input = 2 %}', Next: 'Bad' }],
      Default: 'Good',
    },
    Bad: { Type: 'Fail', Error: 'Two', Cause: '{% "item " & $states.context.Map.Item.Index %}' },
    Good: { Type: 'Pass', Output: '{% $states.input * 10 %}', End: true },
  },
};

interface Case {
  claim: string;
  machine: Record<string, unknown>;
  input?: unknown;
  ends: Partial<Ended>;
}

/** A machine of one state. */
export function only(state: Record<string, unknown>): Record<string, unknown> {
  const terminal = ['Succeed', 'Fail', 'Choice'].includes(String(state.Type));
  return { StartAt: 'Only', States: { Only: terminal ? state : { End: true, ...state } } };
}

export const CASES: Case[] = [
  {
    claim: 'Pass without Output hands its input on',
    machine: only({ Type: 'Pass' }),
    input: { a: [1] },
    ends: { status: 'SUCCEEDED', output: { a: [1] } },
  },
  {
    claim: 'expressions stand anywhere inside of a template, other values are taken as they are',
    machine: only({
      Type: 'Pass',
      Output: { n: '{% 1 + 1 %}', list: ['{% $states.input.a %}', 'b', null, 3] },
    }),
    input: { a: 'x' },
    ends: { output: { n: 2, list: ['x', 'b', null, 3] } },
  },
  {
    claim: 'a string with a space outside of the delimiters is no expression',
    machine: only({ Type: 'Pass', Output: ' {% 1 %}' }),
    ends: { output: ' {% 1 %}' },
  },
  {
    claim: 'Assign sees the variables as they were before the state',
    machine: {
      StartAt: 'One',
      States: {
        One: { Type: 'Pass', Assign: { a: 1, b: 2 }, Next: 'Swap' },
        Swap: {
          Type: 'Pass',
          Assign: { a: '{% $b %}', b: '{% $a %}' },
          Output: '{% [$a, $b] %}',
          Next: 'End',
        },
        End: { Type: 'Succeed', Output: { before: '{% $states.input %}', after: '{% [$a, $b] %}' } },
      },
    },
    ends: { output: { before: [1, 2], after: [2, 1] } },
  },
  {
    claim: 'variables stay until they are assigned again',
    machine: {
      StartAt: 'One',
      States: {
        One: { Type: 'Pass', Assign: { a: 1, b: 1 }, Next: 'Two' },
        Two: { Type: 'Pass', Assign: { b: 2 }, Next: 'End' },
        End: { Type: 'Succeed', Output: '{% [$a, $b] %}' },
      },
    },
    ends: { output: [1, 2] },
  },
  {
    claim: 'inner scopes read outer variables, and theirs are not seen outside',
    machine: {
      StartAt: 'Set',
      States: {
        Set: { Type: 'Pass', Assign: { factor: 3 }, Next: 'Each' },
        Each: {
          Type: 'Map',
          Items: [1, 2],
          ItemProcessor: {
            StartAt: 'Mul',
            States: {
              Mul: { Type: 'Pass', Assign: { own: '{% $states.input * $factor %}' }, Next: 'Deep' },
              Deep: {
                Type: 'Parallel',
                Branches: [
                  { StartAt: 'Sum', States: { Sum: { Type: 'Succeed', Output: '{% $own + $factor %}' } } },
                ],
                End: true,
              },
            },
          },
          Output: { result: '{% $states.result %}', leaked: '{% $exists($own) %}' },
          End: true,
        },
      },
    },
    ends: { output: { result: [[6], [9]], leaked: false } },
  },
  {
    claim: 'Choice takes the first true rule, with the Assign and Output of the rule',
    machine: {
      StartAt: 'Pick',
      States: {
        Pick: {
          Type: 'Choice',
          Output: 'of the state',
          Choices: [
            { Condition: '{% $states.input > 10 %}', Next: 'End' },
            {
              Condition: '{% $states.input > 5 %}',
              Assign: { size: 'big' },
              Output: 'of the rule',
              Next: 'End',
            },
            { Condition: '{% true %}', Next: 'End' },
          ],
        },
        End: { Type: 'Succeed', Output: '{% $states.input & " " & $size %}' },
      },
    },
    input: 7,
    ends: { output: 'of the rule big' },
  },
  {
    claim: 'Choice without a true rule takes Default, with the Assign and Output of the state',
    machine: {
      StartAt: 'Pick',
      States: {
        Pick: {
          Type: 'Choice',
          Assign: { v: 1 },
          Output: 'of the state',
          Choices: [{ Condition: '{% false %}', Next: 'End' }],
          Default: 'End',
        },
        End: { Type: 'Succeed', Output: '{% [$states.input, $v] %}' },
      },
    },
    ends: { output: ['of the state', 1] },
  },
  {
    claim: 'Choice without a true rule and Default fails with States.NoChoiceMatched',
    machine: {
      StartAt: 'Pick',
      States: {
        Pick: { Type: 'Choice', Choices: [{ Condition: '{% false %}', Next: 'End' }] },
        End: { Type: 'Succeed' },
      },
    },
    ends: { status: 'FAILED', error: 'States.NoChoiceMatched' },
  },
  {
    claim: 'a Condition that is no boolean fails',
    machine: {
      StartAt: 'Pick',
      States: {
        Pick: { Type: 'Choice', Choices: [{ Condition: '{% "yes" %}', Next: 'End' }] },
        End: { Type: 'Succeed' },
      },
    },
    ends: { status: 'FAILED', error: 'States.QueryEvaluationError' },
  },
  {
    claim: 'an expression that gives nothing fails, and the cause names expression, field and state',
    machine: only({ Type: 'Pass', Output: { deep: ['{% $states.input.missing %}'] } }),
    ends: {
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause:
        "An error occurred while executing the state 'Only' (entered at the event id #2). The JSONata expression " +
        "'$states.input.missing' specified for the field 'Output/deep[0]' returned nothing (undefined).",
    },
  },
  {
    claim: '$eval is refused',
    machine: only({ Type: 'Pass', Output: '{% $eval("1") %}' }),
    ends: { status: 'FAILED', error: 'States.QueryEvaluationError' },
  },
  {
    claim: 'Fail evaluates Error and Cause',
    machine: only({
      Type: 'Fail',
      Error: '{% $states.input.e %}',
      Cause: '{% "c" & $states.context.State.Name %}',
    }),
    input: { e: 'Mine' },
    ends: { status: 'FAILED', error: 'Mine', cause: 'cOnly' },
  },
  {
    claim: 'an output of more than 256 KiB fails with States.DataLimitExceeded',
    machine: only({ Type: 'Pass', Output: '{% $join([1..150000] ~> $map(function($n) { "ab" })) %}' }),
    ends: { status: 'FAILED', error: 'States.DataLimitExceeded' },
  },
  {
    claim: 'Parallel gives its Arguments to every branch and the outputs in the order of the branches',
    machine: only({
      Type: 'Parallel',
      Arguments: { v: '{% $states.input.n %}' },
      Branches: [
        {
          StartAt: 'Slow',
          States: {
            Slow: { Type: 'Wait', Seconds: 3, Next: 'SlowEnd' },
            SlowEnd: { Type: 'Pass', Output: '{% $states.input.v %}', End: true },
          },
        },
        { StartAt: 'Fast', States: { Fast: { Type: 'Succeed', Output: '{% $states.input.v + 1 %}' } } },
      ],
      Output: { both: '{% $states.result %}' },
    }),
    input: { n: 1 },
    ends: { output: { both: [1, 2] } },
  },
  {
    claim: 'Map runs ItemSelector with the item in the context',
    machine: only({
      Type: 'Map',
      Items: '{% $states.input.list %}',
      ItemSelector: {
        at: '{% $states.context.Map.Item.Index %}',
        of: '{% $count($states.input.list) %}',
        v: '{% $states.context.Map.Item.Value %}',
      },
      ItemProcessor: { StartAt: 'Same', States: { Same: { Type: 'Pass', End: true } } },
    }),
    input: { list: ['a', 'b'] },
    ends: {
      output: [
        { at: 0, of: 2, v: 'a' },
        { at: 1, of: 2, v: 'b' },
      ],
    },
  },
  {
    claim: 'Map over nothing gives nothing',
    machine: only({
      Type: 'Map',
      Items: [],
      ItemProcessor: { StartAt: 'A', States: { A: { Type: 'Succeed' } } },
    }),
    ends: { status: 'SUCCEEDED', output: [] },
  },
  {
    claim: 'Map over something that is no array fails',
    machine: only({
      Type: 'Map',
      ItemProcessor: { StartAt: 'A', States: { A: { Type: 'Succeed' } } },
    }),
    input: { not: 'a list' },
    ends: { status: 'FAILED', error: 'States.QueryEvaluationError' },
  },
  {
    claim: 'a failing iteration fails the Map with its own error',
    machine: only({ Type: 'Map', Items: [1, 2, 3], ItemProcessor: ITEM_FAILS_AT_TWO }),
    ends: { status: 'FAILED', error: 'Two', cause: 'item 1' },
  },
  {
    claim: 'tolerated failures leave their error output in the result',
    machine: only({
      Type: 'Map',
      Items: [1, 2, 3],
      ToleratedFailureCount: 1,
      ItemProcessor: ITEM_FAILS_AT_TWO,
    }),
    ends: { status: 'SUCCEEDED', output: [10, { Error: 'Two', Cause: 'item 1' }, 30] },
  },
  {
    claim: 'more failures than tolerated fail with States.ExceedToleratedFailureThreshold',
    machine: only({
      Type: 'Map',
      Items: [2, 1, 2, 3],
      ToleratedFailurePercentage: '{% 25 %}',
      ItemProcessor: ITEM_FAILS_AT_TWO,
    }),
    ends: { status: 'FAILED', error: 'States.ExceedToleratedFailureThreshold' },
  },
  {
    claim: 'the context names execution, machine, state and role',
    machine: only({
      Type: 'Pass',
      Output: {
        input: '{% $states.context.Execution.Input %}',
        role: '{% $states.context.Execution.RoleArn %}',
        started: '{% $states.context.Execution.StartTime %}',
        redrives: '{% $states.context.Execution.RedriveCount %}',
        same: '{% $contains($states.context.Execution.Id, $states.context.StateMachine.Name) %}',
        entered: '{% $states.context.State.EnteredTime %}',
      },
    }),
    input: 5,
    ends: {
      output: {
        input: 5,
        role: 'arn:aws:iam::123456789012:role/workflow',
        started: '2026-01-01T00:00:00.000Z',
        redrives: 0,
        same: true,
        entered: '2026-01-01T00:00:00.000Z',
      },
    },
  },
  {
    claim: 'lambda:invoke gives status, payload and version; the Output picks from it',
    machine: only({
      Type: 'Task',
      Resource: INVOKE,
      Arguments: { FunctionName: 'double', Payload: { n: '{% $states.input %}' } },
    }),
    input: 4,
    ends: { output: { ExecutedVersion: '$LATEST', Payload: 8, StatusCode: 200 } },
  },
  {
    claim: 'a function as the Resource takes the Arguments and gives its payload',
    machine: only({
      Type: 'Task',
      Resource: 'arn:aws:lambda:eu-central-1:123456789012:function:whole',
      Arguments: { n: 1 },
    }),
    ends: { output: { got: { n: 1 } } },
  },
  {
    claim: "a function's error has its type as the name and its payload as the cause",
    machine: only({ Type: 'Task', Resource: INVOKE, Arguments: { FunctionName: 'fails' } }),
    ends: { status: 'FAILED', error: 'NoSpace', cause: '{"errorType":"NoSpace","errorMessage":"disk full"}' },
  },
  {
    claim: 'an unknown function fails with the error of Lambda',
    machine: only({ Type: 'Task', Resource: INVOKE, Arguments: { FunctionName: 'absent' } }),
    ends: { status: 'FAILED', error: 'Lambda.ResourceNotFoundException' },
  },
];
