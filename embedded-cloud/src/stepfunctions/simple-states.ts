/** Pass, Choice, Wait, Succeed and Fail: the states that call no one. */
import type { Branch, Exit } from './branch.ts';
import {
  type ChoiceState,
  type FailState,
  MAX_SECONDS,
  type PassState,
  type SucceedState,
  type WaitState,
} from './definition.ts';
import { StateFailure } from './failure.ts';
import { evaluate, evaluateInteger, unexpectedType } from './query.ts';
import { Cancelled } from './scope.ts';

export function runPass(branch: Branch, state: PassState): Promise<Exit> {
  return branch.finish(state, state.Next, branch.position.input);
}

export function runSucceed(branch: Branch, state: SucceedState): Promise<Exit> {
  return branch.finish(state, undefined, branch.position.input);
}

/** The first rule that is true; its own Assign and Output count. Without one: the state's, and Default. */
export async function runChoice(branch: Branch, state: ChoiceState): Promise<Exit> {
  const bindings = branch.bindings();
  for (const [index, rule] of state.Choices.entries()) {
    const field = `Choices[${index}]/Condition`;
    const holds = await evaluate(rule.Condition, field, bindings);
    if (typeof holds !== 'boolean') throw unexpectedType(field, 'a boolean', holds);
    if (holds) return branch.finish(rule, rule.Next, branch.position.input, {}, `Choices[${index}]/`);
  }
  if (state.Default === undefined) {
    throw new StateFailure(
      'States.NoChoiceMatched',
      'No rule of the Choice state is true, and it has no Default.',
    );
  }
  return branch.finish(state, state.Default, branch.position.input);
}

/** ISO 8601 as the specification profiles it (RFC 3339): with date, `T`, time and zone. */
const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

async function deadlineOf(branch: Branch, state: WaitState): Promise<number> {
  const bindings = branch.bindings();
  if (state.Seconds !== undefined) {
    const seconds = await evaluateInteger(state.Seconds, 'Seconds', bindings, 0, MAX_SECONDS);
    return branch.position.enteredAt + seconds * 1000;
  }
  const timestamp = await evaluate(state.Timestamp ?? '', 'Timestamp', bindings);
  const deadline =
    typeof timestamp === 'string' && TIMESTAMP.test(timestamp) ? Date.parse(timestamp) : Number.NaN;
  if (Number.isNaN(deadline))
    throw unexpectedType('Timestamp', 'a timestamp like 2026-01-31T12:00:00Z', timestamp);
  return deadline;
}

export async function runWait(branch: Branch, state: WaitState): Promise<Exit> {
  const { phase } = branch.position;
  const until = phase.kind === 'waiting' ? phase.until : await deadlineOf(branch, state);
  if (phase.kind !== 'waiting') branch.save({ kind: 'waiting', until });
  await sleep(branch, until);
  return branch.finish(state, state.Next, branch.position.input);
}

/** Resolves at the deadline. @throws Cancelled when the branch is cancelled before */
export function sleep(branch: Branch, until: number): Promise<void> {
  const { timers } = branch.execution.runtime;
  if (until <= timers.now()) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const forgetDeadline = timers.at(until, () => {
      forgetCancel();
      resolve();
    });
    const forgetCancel = branch.scope.onCancel((reason) => {
      forgetDeadline();
      reject(new Cancelled(reason));
    });
  });
}

export async function runFail(branch: Branch, state: FailState): Promise<Exit> {
  const bindings = branch.bindings();
  const texts: string[] = [];
  for (const field of ['Error', 'Cause'] as const) {
    const text = await evaluate(state[field] ?? '', field, bindings);
    if (typeof text !== 'string') throw unexpectedType(field, 'a string', text);
    texts.push(text);
  }
  throw new StateFailure(texts[0] ?? '', texts[1] ?? '');
}
