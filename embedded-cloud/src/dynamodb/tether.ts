/**
 * Child processes that do not outlive this one, even when it ends by `kill -9` and runs no handler, on machines without
 * bubblewrap. Linux has PR_SET_PDEATHSIG for that, which Node does not reach; a pipe does the same on every Unix: only
 * this process holds its writing end, so the kernel closes it when the process ends, however it ends.
 */
import { type ChildProcess, spawn } from 'node:child_process';

/**
 * A shell (about 1 MB) between us and the program: one half waits for the end of the pipe (descriptor 3) and then kills
 * the program, the other waits for the program and passes its exit code on. The program itself gets neither the pipe
 * nor our standard input. SIGKILL, because a child that does not heed SIGTERM would stay for ever.
 */
const SCRIPT = `
umask 077
pidfile=$1; shift
"$@" </dev/null 3<&- &
program=$!
echo $program >"$pidfile"
(read -r _ <&3; kill -KILL $program) 2>/dev/null &
watcher=$!
exec 3<&-
trap 'kill -TERM $program' TERM
wait $program; code=$?
while kill -0 $program 2>/dev/null; do wait $program; code=$?; done
kill $watcher 2>/dev/null
rm -f "$pidfile"
exit $code
`;

/**
 * Starts `command` so that it dies with this process. SIGTERM to the returned child is passed on to the program.
 * It runs in a session of its own: a Ctrl-C on the terminal reaches this process alone, which then stops its children
 * in the right order.
 * @param pidFile has the program's process id while it runs
 */
export function spawnTethered(
  command: readonly string[],
  pidFile: string,
  env: NodeJS.ProcessEnv,
): ChildProcess {
  return spawn('/bin/sh', ['-c', SCRIPT, 'tether', pidFile, ...command], {
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
}
