/** Lambda, of functions that are in the test. */
import { AwsError } from '../../service.ts';
import { type Json, parseJson } from '../json.ts';
import type { CallingExecution, ServiceAction } from './types.ts';

type SimulatedFunction = (payload: Json, execution: CallingExecution | undefined) => unknown;

/**
 * The `services` of a simulation whose tasks invoke functions.
 * @param functions by the name or ARN that the machine has as `FunctionName`. What one throws is an error of the
 * function's, with `error.name` as its type; an AwsError is one of Lambda
 */
export function lambda(
  functions: Readonly<Record<string, SimulatedFunction>>,
): Readonly<Record<'lambda:Invoke', ServiceAction>> {
  return {
    'lambda:Invoke': async ({ FunctionName, Payload }, execution) => {
      const name = String(FunctionName);
      const handler = functions[name];
      if (handler === undefined)
        throw new AwsError('ResourceNotFoundException', `Function not found: ${name}`, 404);
      try {
        const result = (await handler(parseJson(String(Payload)), execution)) ?? null;
        return { ...ANSWERED, Payload: JSON.stringify(result) };
      } catch (error) {
        if (error instanceof AwsError || !(error instanceof Error)) throw error;
        const body = { errorType: error.name, errorMessage: error.message };
        return { ...ANSWERED, FunctionError: 'Unhandled', Payload: JSON.stringify(body) };
      }
    },
  };
}

const ANSWERED = { StatusCode: 200, ExecutedVersion: '$LATEST' };
