/** The workflow of a delivery, as trigger.asl.yaml has it, through what a git host does to it. */
import { beforeEach, describe, expect, test } from 'vitest';
import { MAX_WAITS } from '../../lib/domain/delivery/time.ts';
import { GitHostError } from '../../lib/domain/ports/git-host.ts';
import * as Project from '../../lib/domain/project/index.ts';
import { RETRIES } from '../../lib/domain/retries.ts';
import { runDelivery } from '../workflows/delivery.ts';
import { pushing } from './pushing.ts';
import { ADMIN } from './world.ts';

let scene: Awaited<ReturnType<typeof pushing>>;
beforeEach(async () => {
  scene = await pushing();
});

/** The git host fails so often, and then answers. @returns how often it was asked */
function failing(times: number, message: string, retryAfterSeconds?: number): () => number {
  const { gitHost } = scene.place.ports;
  const archive = gitHost.archive.bind(gitHost);
  let asked = 0;
  gitHost.archive = async (...what) => {
    asked += 1;
    if (asked > times) return archive(...what);
    throw new GitHostError(message, {
      temporary: true,
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    });
  };
  return () => asked;
}
const OUTAGE = 'It answered 503.';
const LIMIT = 'Its rate limit is reached.';

describe('the workflow of a delivery', () => {
  test('builds the push in every project of the repository', async () => {
    const other = await Project.create(scene.place.ports, ADMIN, { slug: 'other', repository: 'acme/hello' });
    const { id } = await scene.receive();

    const { status } = await runDelivery(scene.place.ports, id);

    expect(status).toBe('SUCCEEDED');
    expect(await scene.builds()).toHaveLength(1);
    expect(await scene.builds(other)).toHaveLength(1);
  });

  test('retries through a short outage of the git host', async () => {
    const asked = failing(RETRIES.gitHostOutage.attempts, OUTAGE);
    const { id } = await scene.receive();

    await runDelivery(scene.place.ports, id);

    expect(asked()).toBe(RETRIES.gitHostOutage.attempts + 1);
    expect(await scene.builds()).toHaveLength(1);
  });

  test('records an outage that outlasts the retries, with its reason', async () => {
    failing(Number.POSITIVE_INFINITY, OUTAGE);
    const { id } = await scene.receive();

    const { status } = await runDelivery(scene.place.ports, id);

    expect(status).toBe('SUCCEEDED');
    expect((await scene.show(id)).decision).toMatchObject({ kind: 'failed', reason: OUTAGE });
  });

  test('waits for a rate limit as long as the git host asks for, as often as it may', async () => {
    const { clock } = scene.place.ports;
    const asked = failing(MAX_WAITS, LIMIT, 1800);
    const { id } = await scene.receive();
    const began = clock.now().getTime();

    await runDelivery(scene.place.ports, id);

    expect(asked()).toBe(MAX_WAITS + 1);
    expect(clock.now().getTime() - began).toBe(MAX_WAITS * 1800 * 1000);
    expect(await scene.builds()).toHaveLength(1);
  });

  test('gives up after its last wait, and says when to deliver the push again', async () => {
    failing(Number.POSITIVE_INFINITY, LIMIT, 1800);
    const { id } = await scene.receive();

    await runDelivery(scene.place.ports, id);

    expect((await scene.show(id)).decision).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('Redeliver the push after'),
    });
  });
});
