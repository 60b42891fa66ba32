/** A client that works on while its server is killed under it, and remembers what was acknowledged. */
import { setTimeout as delay } from 'node:timers/promises';
import { ApiError, type Client, UnreachableError } from '../../lib/contract/client.ts';
import { digestOf, functionTree, pack, send } from './flow.ts';
import { type Hand, limitedRound } from './limited-round.ts';

/** Everything that is ever acknowledged; a rerun keeps what was built, and a reused run has another's artifacts. */
export const KINDS = [
  'project',
  'source',
  'build',
  'run',
  'release',
  'environment',
  'deployment',
  'secret',
  'artifact',
  'rerun',
  'reused',
] as const;
export type Kind = (typeof KINDS)[number];

export interface Acknowledged {
  readonly kind: Kind;
  /** Its id, or `<project>/<name>` of an environment or a secret. */
  readonly id: string;
}

export interface Workload {
  readonly acknowledged: readonly Acknowledged[];
  /** Preview URLs of deployments that were seen to succeed, and what they answer. */
  readonly served: ReadonlyMap<string, string>;
  /** Answers that a killed server cannot explain. */
  readonly surprises: readonly string[];
  stop(): Promise<void>;
}

/** The request was not answered, and nobody knows whether it was done. */
class Unanswered extends Error {}

/**
 * @param random numbers from 0 to 1, from a seed
 * @param workers how many work side by side
 * @param lasts whether commands of builds take a second each
 */
export function startWorkload(
  client: () => Client,
  random: () => number,
  workers: number,
  { lasts = false } = {},
): Workload {
  const acknowledged: Acknowledged[] = [];
  const served = new Map<string, string>();
  const surprises: string[] = [];
  let stopped = false;
  let keys = 0;

  /** Asks; what was not answered is asked again with the same key, or given up, as the dice fall. */
  async function answered<T>(ask: (key: string, client: Client) => Promise<T>): Promise<T> {
    const key = `work-${++keys}`;
    for (;;) {
      try {
        return await ask(key, client());
      } catch (error) {
        const lost =
          error instanceof UnreachableError ||
          (error instanceof ApiError && error.problem.status >= 500) ||
          error instanceof TypeError ||
          error instanceof SyntaxError;
        if (!lost) throw error;
        if (stopped || random() < 0.3) throw new Unanswered();
        await delay(50);
      }
    }
  }
  const note = (kind: Kind, id: string) => {
    acknowledged.push({ kind, id });
    return id;
  };

  async function oneRound(name: string): Promise<void> {
    const params = { project: name };
    const project = await answered((idempotencyKey, api) =>
      api.call('createProject', { body: { slug: name }, idempotencyKey }),
    );
    note('project', project.id);
    await answered((_, api) =>
      api.call('putEnvironment', {
        params: { project: name, environment: 'test' },
        body: { target: { kind: 'lambda', function_name: name } },
      }),
    );
    note('environment', `${name}/test`);
    const bytes = pack(functionTree(name));
    const source = await answered(async (_, api) => {
      const made = await api.call('createSource', {
        params,
        body: { sha256: digestOf(bytes), size_bytes: bytes.length },
      });
      const sent = made.upload && (await send(made.upload, new Uint8Array(bytes)));
      if (sent && !sent.ok) throw new TypeError(`Storage answered ${sent.status}: ${await sent.text()}`);
      return made;
    });
    note('source', source.id);
    const build = await answered((idempotencyKey, api) =>
      api.call('createBuild', { params, body: { source_id: source.id }, idempotencyKey }),
    );
    note('build', build.id);
    note('run', build.latest_run?.id ?? '');
    await ended(build.latest_run?.id ?? '');
    const release = await answered((idempotencyKey, api) =>
      api.call('createRelease', { params, body: { build_id: build.id, version: '1.0.0' }, idempotencyKey }),
    );
    note('release', release.id);
    const deployment = await answered((idempotencyKey, api) =>
      api.call('createDeployment', {
        params: { project: name, environment: 'test' },
        body: { release: release.id },
        idempotencyKey,
      }),
    );
    note('deployment', deployment.id);
    while (!stopped) {
      const now = await answered((_, api) =>
        api.call('getDeployment', { params: { deployment: deployment.id } }),
      );
      if (now.status === 'succeeded' && now.url !== undefined) served.set(now.url, name);
      if (now.completed_at !== undefined) return;
      await delay(100);
    }
  }

  async function ended(run: string): Promise<void> {
    while (!stopped) {
      const now = await answered((_, api) => api.call('getRun', { params: { run } }));
      if (now.completed_at !== undefined) return;
      await delay(100);
    }
  }

  const hand: Hand = { answered, note, stopped: () => stopped, surprise: (what) => surprises.push(what) };

  /** Workers take turns at both kinds of rounds, each beginning with another. */
  async function work(worker: number): Promise<void> {
    for (let round = 0; !stopped; round++) {
      const name = `w${worker}-${round}`;
      const done = (worker + round) % 2 === 0 ? oneRound(name) : limitedRound(hand, name, lasts);
      await done.catch((error: unknown) => {
        if (error instanceof Unanswered) return;
        // A release of a run that the crash failed: refused, and rightly so.
        if (error instanceof ApiError && error.problem.code === 'nothing_to_release') return;
        surprises.push(error instanceof ApiError ? JSON.stringify(error.problem) : String(error));
      });
    }
  }

  const done = Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)));
  return {
    acknowledged,
    served,
    surprises,
    async stop() {
      stopped = true;
      await done;
    },
  };
}
