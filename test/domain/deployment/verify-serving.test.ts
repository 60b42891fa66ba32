import { beforeEach, describe, expect, test } from 'vitest';
import { verifyServing } from '../../../lib/domain/deployment/verify-serving.ts';
import { ADMIN, refusal } from '../world.ts';
import { type Ruled, ruled } from './ruled.ts';

let scene: Ruled;
beforeEach(async () => {
  scene = await ruled();
});

describe('a deployment that serves', () => {
  test('is checked again, and the result is kept', async () => {
    const deployment = await scene.through('test', (await scene.release('one')).id);
    scene.ports.probe.answer = { status: 503 };

    const verified = await verifyServing(scene.ports, ADMIN, deployment.id);

    expect(verified.status).toBe('succeeded');
    expect(verified.checks).toHaveLength(deployment.checks.length + 1);
    expect(verified.checks.at(-1)).toMatchObject({ ok: false, status: 503, percent: 100 });
  });

  test('is the only one that can be: another one serves by now', async () => {
    const first = await scene.through('test', (await scene.release('one')).id);
    await scene.through('test', (await scene.release('two')).id);

    expect(await refusal(verifyServing(scene.ports, ADMIN, first.id))).toBe('wrong_state');
  });
});
