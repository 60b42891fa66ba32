/** What workers call with a task token. */
import { type Action, AwsError, type Call } from '../service.ts';
import type { Engine } from './engine.ts';
import { optionalText, requiredText } from './input.ts';
import { isTooLarge, parseJson } from './json.ts';
import { machineOfToken } from './tokens.ts';

/** The token, once the caller may act on the machine that it belongs to. */
function authorizedToken(input: Record<string, unknown>, call: Call, action: string): string {
  const token = requiredText(input, 'taskToken');
  const machine = machineOfToken(token);
  if (machine === undefined) throw new AwsError('InvalidToken', "Invalid Token: 'Invalid token'");
  call.authorize(`states:${action}`, machine);
  return token;
}

/** The task ended or timed out, or its execution did. */
function gone(): AwsError {
  return new AwsError('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'");
}

export function taskActions(engine: Engine): Record<string, Action> {
  const { tokens, store } = engine.runtime;
  return {
    SendTaskSuccess(input, call) {
      const token = authorizedToken(input, call, 'SendTaskSuccess');
      const output = requiredText(input, 'output');
      try {
        parseJson(output);
      } catch (error) {
        throw new AwsError('InvalidOutput', `Invalid Output: '${(error as Error).message}'`);
      }
      if (isTooLarge(output))
        throw new AwsError('InvalidOutput', "Invalid Output: 'The output exceeds 262144 bytes'");
      if (!tokens.settle(token, { output })) throw gone();
      store.flush();
      return {};
    },
    SendTaskFailure(input, call) {
      const token = authorizedToken(input, call, 'SendTaskFailure');
      const error = optionalText(input, 'error') ?? 'States.TaskFailed';
      if (!tokens.settle(token, { error, cause: optionalText(input, 'cause') ?? '' })) throw gone();
      store.flush();
      return {};
    },
    SendTaskHeartbeat(input, call) {
      const token = authorizedToken(input, call, 'SendTaskHeartbeat');
      if (!tokens.heartbeat(token)) throw gone();
      return {};
    },
  };
}
