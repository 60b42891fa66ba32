/** Deliveries while the git host fails, for a while or for good. */
import { until } from 'embedded-cloud/test-kit/patience.ts';
import { needs } from 'embedded-cloud/test-kit/tools.ts';
import { describe, expect, it } from 'vitest';
import { idIn, type Pushes, pushOf } from './pushes.ts';

/** @param pushes called once the tests run */
export function failingGitHost(pushes: () => Pushes): void {
  describe('a git host', needs('git'), () => {
    it.each([503, 429, 'silence', 'half'] as const)(
      'that answers with %s for a while is asked again',
      async (fault) => {
        const sha = pushes().newCommit();
        pushes().host.fault = fault;
        const id = idIn(await pushes().post(pushOf(sha)));
        await until(
          async () => pushes().host.asked.filter(({ url }) => url.endsWith(sha)).length,
          (times) => times > 0,
        );
        pushes().host.fault = undefined;
        expect(await pushes().decided(id)).toMatchObject({ decision: { kind: 'building' } });
        expect(pushes().host.asked.filter(({ url }) => url.endsWith(sha)).length).toBeGreaterThan(1);
      },
    );

    it('that stays down fails the delivery with the reason, and a later delivery of the commit builds it', async () => {
      const sha = pushes().newCommit();
      pushes().host.fault = 503;
      const failed = await pushes().deliver(pushOf(sha));
      pushes().host.fault = undefined;
      const later = await pushes().deliver(pushOf(sha));

      expect(failed).toMatchObject({ decision: { kind: 'failed' }, builds: [] });
      expect(failed.decision.reason).toContain('answered 503');
      expect(later).toMatchObject({ decision: { kind: 'building' } });
      expect(await pushes().buildsOf(sha)).toHaveLength(1);
    });

    it('that does not know the commit is asked once, and the delivery fails with the reason', async () => {
      const sha = 'ab'.repeat(20);
      const delivery = await pushes().deliver(pushOf(sha));
      expect(delivery).toMatchObject({ decision: { kind: 'failed' } });
      expect(delivery.decision.reason).toContain('answered 404');
      expect(pushes().host.asked.filter(({ url }) => url.endsWith(sha))).toHaveLength(1);
    });
  });

  describe('a git host that gives no archive for good', needs('git'), () => {
    it.each([
      [403, 'must be public'],
      [404, 'private'],
      ['page', 'sign-in page'],
    ] as const)(
      '(%s) is asked once; the delivery is in the list, with the reason and what to do',
      async (fault, advice) => {
        const sha = pushes().newCommit();
        pushes().host.fault = fault;
        const failed = await pushes().deliver(pushOf(sha));
        pushes().host.fault = undefined;

        const { items } = await pushes().staithe.client.call('listDeliveries', {
          query: { project: pushes().project, limit: 20 },
        });

        expect(items.find(({ id }) => id === failed.id)?.decision).toMatchObject({
          kind: 'failed',
          reason: expect.stringContaining(advice),
        });
        expect(pushes().host.asked.filter(({ url }) => url.endsWith(sha))).toHaveLength(1);
      },
    );
  });
}
