/** Machines of one task that invokes a function, and a cloud with such functions. */
import { lambda, type Neighbour, type TestCloud, testCloud } from './cloud.ts';

export function task(FunctionName: string, fields: Record<string, unknown> = {}) {
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Arguments: { FunctionName, Payload: { try: '{% $states.context.State.RetryCount %}' } },
    Output: '{% $states.result.Payload %}',
    End: true,
    ...fields,
  };
}

export function one(state: Record<string, unknown>, others: Record<string, unknown> = {}) {
  return { StartAt: 'Only', States: { Only: state, ...others } };
}

export const never = () => new Promise(() => {});

export function withFunctions(
  functions: Record<string, (payload: unknown) => unknown>,
  more: Record<string, Neighbour> = {},
): TestCloud {
  return testCloud({ ...lambda(functions), ...more });
}
