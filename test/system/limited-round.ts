/** One round of work on what builds have beyond a single job: a queue, a secret, a rerun, an upload, reuse. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '../../lib/contract/client.ts';
import type { Run } from '../../lib/domain/execution/model/run.ts';
import { digestOf, pack, send } from './flow.ts';
import type { Kind } from './workload.ts';

/** What a round is done with: requests that survive kills, and the list of what was acknowledged. */
export interface Hand {
  answered<T>(ask: (key: string, client: Client) => Promise<T>): Promise<T>;
  note(kind: Kind, id: string): string;
  stopped(): boolean;
  surprise(what: string): void;
}

/** Three jobs, of which two want the secret's right value. */
export const CELLS = ['1', '2', '3'];
export const SECRET = 'WORD';
export const rightWord = (name: string): string => `the word of ${name}`;

export const limitedTree = (name: string, lasts = false) => ({
  'staithe.yaml': JSON.stringify({
    services: {
      app: {
        matrix: { cell: CELLS },
        secrets: [SECRET],
        commands: [
          `[ "$STAITHE_MATRIX_CELL" = 1 ] || [ "$${SECRET}" = '${rightWord(name)}' ]`,
          `echo '${name}' "$STAITHE_MATRIX_CELL" > out`,
          // Long enough for somebody to kill it, or its agent.
          ...(lasts ? ['sleep 1'] : []),
        ],
        artifacts: 'out',
        timeout: '60s',
      },
    },
  }),
});

/** Waits for a run's end. @returns undefined when the work was stopped before */
async function ended(hand: Hand, run: string): Promise<Run | undefined> {
  while (!hand.stopped()) {
    const now = await hand.answered((_, api) => api.call('getRun', { params: { run } }));
    if (now.completed_at !== undefined) return now;
    await delay(100);
  }
  return undefined;
}

async function setSecret(hand: Hand, project: string, value: string): Promise<void> {
  await hand.answered((idempotencyKey, api) =>
    api.call('putSecret', { params: { project, name: SECRET }, body: { value }, idempotencyKey }),
  );
  hand.note('secret', `${project}/${SECRET}`);
}

async function uploadArtifact(hand: Hand, project: string): Promise<void> {
  const bytes = new TextEncoder().encode(`brought by ${project}`);
  const made = await hand.answered(async (idempotencyKey, api) => {
    const announced = await api.call('createArtifact', {
      body: { project, name: 'brought.txt', sha256: digestOf(bytes), size_bytes: bytes.length },
      idempotencyKey,
    });
    const sent = announced.upload && (await send(announced.upload, bytes));
    if (sent && !sent.ok) throw new TypeError(`Storage answered ${sent.status}: ${await sent.text()}`);
    return announced;
  });
  await hand.answered((_, api) => api.call('completeArtifact', { params: { artifact: made.id } }));
  hand.note('artifact', made.id);
}

/**
 * Builds with a wrong word, sets the right one, and runs what failed again until it is built.
 * @param lasts whether its commands take a second
 */
export async function limitedRound(hand: Hand, name: string, lasts = false): Promise<void> {
  const params = { project: name };
  const project = await hand.answered((idempotencyKey, api) =>
    api.call('createProject', { body: { slug: name, max_concurrent_jobs: 1 }, idempotencyKey }),
  );
  hand.note('project', project.id);
  await setSecret(hand, name, 'a wrong word');
  await uploadArtifact(hand, name);
  const bytes = pack(limitedTree(name, lasts));
  const source = await hand.answered(async (_, api) => {
    const made = await api.call('createSource', {
      params,
      body: { sha256: digestOf(bytes), size_bytes: bytes.length },
    });
    const sent = made.upload && (await send(made.upload, bytes));
    if (sent && !sent.ok) throw new TypeError(`Storage answered ${sent.status}: ${await sent.text()}`);
    return made;
  });
  const build = await hand.answered((idempotencyKey, api) =>
    api.call('createBuild', { params, body: { source_id: source.id }, idempotencyKey }),
  );
  hand.note('build', build.id);
  hand.note('run', build.latest_run?.id ?? '');
  let run = await ended(hand, build.latest_run?.id ?? '');
  if (run?.status === 'completed') hand.surprise(`${run.id} was built with a wrong word`);
  await setSecret(hand, name, rightWord(name));
  while (run?.status === 'failed') {
    const again = await hand.answered((idempotencyKey, api) =>
      api.call('createRun', { params: { build: build.id }, body: { jobs: 'failed' }, idempotencyKey }),
    );
    hand.note('rerun', again.id);
    run = await ended(hand, again.id);
  }
  if (run === undefined) return;
  await reused(hand, name, source.id, run);
}

/** The same again is there at once. It is remembered a moment after the run has ended, and not by one that was killed there. */
async function reused(hand: Hand, project: string, source: string, built: Run): Promise<void> {
  if (built.artifact_ids.length !== CELLS.length)
    hand.surprise(`${built.id} has ${built.artifact_ids.length} artifacts of ${CELLS.length} jobs`);
  const same = await hand.answered((idempotencyKey, api) =>
    api.call('createBuild', { params: { project }, body: { source_id: source }, idempotencyKey }),
  );
  hand.note('build', same.id);
  const run = await ended(hand, same.latest_run?.id ?? '');
  if (run?.reused_from !== undefined) hand.note('reused', run.id);
}

/** Whether the artifacts of a run can all be fetched. */
export async function artifactsAreThere(client: Client, runId: string): Promise<boolean> {
  const run = await client.call('getRun', { params: { run: runId } });
  const { items } = await client.call('listBuildArtifacts', {
    params: { build: run.build_id ?? '' },
    query: { run: run.id },
  });
  for (const { id } of items) {
    const answer = await client.raw('downloadArtifact', { params: { artifact: id } });
    if (!(await fetch(answer.headers.get('location') ?? '')).ok) return false;
  }
  return items.length === CELLS.length;
}
