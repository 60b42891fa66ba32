/** The deadlines of one attempt of a task. */
import type { Branch } from './branch.ts';
import { StateFailure } from './failure.ts';
import type { Integration } from './integrations/integration.ts';
import type { TaskRecord } from './position.ts';
import { Cancelled, type Scope } from './scope.ts';

/**
 * Runs `work` until it settles, its branch is cancelled, its time is over or a heartbeat is missed. What `work` does
 * later is ignored; its scope tells it.
 * @throws StateFailure `States.Timeout`, `States.HeartbeatTimeout`, or the failure of `work`
 * @throws Cancelled
 */
export function watch<T>(
  branch: Branch,
  integration: Integration,
  task: TaskRecord,
  work: (scope: Scope) => Promise<T>,
): Promise<T> {
  const { timers, tokens } = branch.execution.runtime;
  return new Promise<T>((resolve, reject) => {
    const scope = branch.scope.child();
    let over = false;
    let forgetTimeout = () => {};
    let forgetHeartbeat = () => {};
    const settle = (how: () => void) => {
      if (over) return;
      over = true;
      scope.release();
      forgetTimeout();
      forgetHeartbeat();
      tokens.forget(task.token);
      how();
    };
    const timeOut = (failure: StateFailure) => {
      settle(() => reject(failure));
      scope.cancel('aborted');
    };
    const beat = () => {
      forgetHeartbeat();
      if (task.heartbeatSeconds === undefined) return;
      const failure = new StateFailure('States.HeartbeatTimeout', 'The task sent no heartbeat in time.');
      forgetHeartbeat = timers.at(timers.now() + task.heartbeatSeconds * 1000, () => timeOut(failure));
    };
    scope.onCancel((reason) => settle(() => reject(new Cancelled(reason))));
    if (over) return;
    if (task.timeoutAt !== undefined) {
      const failure = new StateFailure(
        'States.Timeout',
        `The task ran longer than ${task.timeoutSeconds} seconds.`,
      );
      forgetTimeout = timers.at(task.timeoutAt, () => timeOut(failure));
    }
    if (integration.pattern === 'token') {
      tokens.onHeartbeat(task.token, beat);
      beat();
    }
    work(scope).then(
      (value) => settle(() => resolve(value)),
      (error) => settle(() => reject(error)),
    );
  });
}
