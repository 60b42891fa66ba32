import { beforeEach, describe, expect, test } from 'vitest';
import { approve } from '../../../lib/domain/deployment/approve.ts';
import { Keys } from '../../../lib/domain/storage/keys.ts';
import { users } from '../../../lib/domain/user/record.ts';
import { refusal } from '../world.ts';
import { ANNA, BERT, CLEO, DORA, type Ruled, ruled } from './ruled.ts';

const MINUTE = 60_000;

let scene: Ruled;
let release: string;
beforeEach(async () => {
  scene = await ruled();
  release = (await scene.release('one')).id;
});

describe('an environment that needs approvals', () => {
  const two = { approvals: { required: 2 } };

  test('begins with the last one that was missing', async () => {
    await scene.production(two);
    const { id, status } = await scene.deployTo('production', release);

    await scene.approve(id, ANNA, 'looks good');
    const between = await scene.show(id);
    await scene.approve(id, BERT);

    expect(status).toBe('awaiting_approval');
    expect(between).toMatchObject({
      status: 'awaiting_approval',
      decisions: [{ user_name: 'anna', decision: 'approved', reason: 'looks good' }],
    });
    expect(await scene.read('production')).toMatchObject({ active_deployment_id: id });
  });

  test('counts each person once, whichever token they use and how often', async () => {
    await scene.production(two);
    const { id } = await scene.deployTo('production', release);

    await scene.approve(id, ANNA);
    await scene.approve(id, { ...ANNA, token_id: BERT.token_id });

    expect(await scene.status(id)).toBe('awaiting_approval');
  });

  test('takes none of a service, of who asked, or of who may not', async () => {
    await scene.production({ approvals: { required: 1, from: ['admin', 'cleo'] } });
    const { id } = await scene.deployTo('production', release, {}, CLEO);
    const service = { ...ANNA, user: undefined } as never;

    const refused = [
      await refusal(scene.approve(id, service)),
      await refusal(scene.approve(id, CLEO)),
      await refusal(scene.approve(id, ANNA)),
    ];

    expect(refused).toEqual(['not_an_approver', 'not_an_approver', 'not_an_approver']);
    await scene.approve(id, DORA);
    expect(await scene.read('production')).toMatchObject({ active_deployment_id: id });
  });

  test('lets who asked approve where it says so', async () => {
    await scene.production({ approvals: { required: 1, self: true } });
    const { id } = await scene.deployTo('production', release, {}, ANNA);

    await scene.approve(id, ANNA);

    expect(await scene.read('production')).toMatchObject({ active_deployment_id: id });
  });

  test('does not count an approval of what has changed since', async () => {
    await scene.production(two);
    const { id, subject } = await scene.deployTo('production', release);
    await scene.approve(id, ANNA);

    await scene.production({ ...two, variables: { GREETING: 'Ahoy' } });
    await scene.sweep();
    const outdated = await refusal(approve(scene.ports, BERT, id, { subject: subject ?? '' }));
    await scene.approve(id, BERT);
    const between = await scene.show(id);
    await scene.approve(id, ANNA);

    expect(outdated).toBe('approval_outdated');
    expect(between).toMatchObject({
      status: 'awaiting_approval',
      variables: { GREETING: 'Ahoy' },
      waits_for: [{ message: expect.stringMatching(/^1 of 2/) }],
      timeline: expect.arrayContaining([
        expect.objectContaining({
          message: 'The configuration of the environment changed; an approval is void.',
        }),
      ]),
    });
    expect(await scene.read('production')).toMatchObject({ active_deployment_id: id });
  });

  test('rejects what was not approved in time', async () => {
    await scene.production({ approvals: { required: 1, expires_seconds: 3600 } });
    const { id } = await scene.deployTo('production', release);

    scene.ports.clock.advance(60 * MINUTE);
    await scene.sweep();

    expect(await scene.show(id)).toMatchObject({
      status: 'rejected',
      error: { message: expect.stringContaining('were not complete') },
    });
    expect(await scene.read('production')).toMatchObject({ waiting_deployment_ids: [] });
    expect(await refusal(scene.approve(id, ANNA))).toBe('wrong_state');
  });

  test('ends with a rejection, whoever has approved', async () => {
    await scene.production(two);
    const { id } = await scene.deployTo('production', release);
    await scene.approve(id, ANNA);

    const rejected = await scene.reject(id, BERT, 'The tests are red.');

    expect(rejected).toMatchObject({
      status: 'rejected',
      error: { message: 'user:bert rejected the deployment: The tests are red.' },
    });
    expect(await refusal(scene.approve(id, CLEO))).toBe('wrong_state');
  });

  test('counts no approval of somebody who was disabled since, or whom the rule no longer names', async () => {
    await scene.production(two);
    const { id } = await scene.deployTo('production', release);
    await scene.approve(id, ANNA);
    await scene.approve(id, ANNA);
    await users.update(scene.ports.table, Keys.user(ANNA.user?.id ?? ''), (user) => ({
      ...user,
      status: 'disabled',
    }));

    await scene.approve(id, BERT);
    const missing = await scene.show(id);
    await scene.production({ approvals: { required: 2, from: ['cleo', 'dora'] } });
    await scene.approve(id, CLEO);

    expect(missing.waits_for).toMatchObject([{ message: expect.stringMatching(/^1 of 2/) }]);
    expect(await scene.status(id)).toBe('awaiting_approval');
    await scene.approve(id, DORA);
    expect(await scene.read('production')).toMatchObject({ active_deployment_id: id });
  });

  test('takes nothing of a token that is limited to less than its user may', async () => {
    await scene.production({ approvals: { required: 1, from: ['anna'] } });
    const { id } = await scene.deployTo('production', release);

    expect(await refusal(scene.approve(id, { ...ANNA, role: 'viewer' }))).toBe('not_an_approver');
    expect(await refusal(scene.reject(id, { ...ANNA, role: 'viewer' }))).toBe('not_an_approver');
  });

  test('answers the repeat of the last approval, and of a rejection, as the first', async () => {
    await scene.production({ approvals: { required: 1 } });
    const first = await scene.deployTo('production', release);
    await scene.approve(first.id, ANNA);
    await scene.approve(first.id, ANNA);
    await scene.run(first.id);
    const second = await scene.deployTo('production', release);
    await scene.reject(second.id, ANNA);

    const repeated = await scene.reject(second.id, ANNA);

    expect(repeated.status).toBe('rejected');
    expect(await scene.status(first.id)).toBe('succeeded');
  });

  test('begins at once when it needs none any more', async () => {
    await scene.production(two);
    const { id } = await scene.deployTo('production', release);

    await scene.production();
    await scene.sweep();

    expect(await scene.read('production')).toMatchObject({ active_deployment_id: id });
  });
});
