import { beforeEach, describe, expect, test } from 'vitest';
import { pushedCommit, signatureHolds } from '../../lib/domain/delivery/github.ts';
import * as Delivery from '../../lib/domain/delivery/index.ts';
import { PUSH, pushing, SHA, sign } from './pushing.ts';
import { refusal, type World } from './world.ts';

let place: World;
let scene: Awaited<ReturnType<typeof pushing>>;
beforeEach(async () => {
  scene = await pushing();
  ({ place } = scene);
});

describe('a signature', () => {
  // GitHub docs, "Testing the webhook payload validation".
  const body = Buffer.from('Hello, World!');
  const documented = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';

  test('is the one that GitHub documents', () => {
    expect(signatureHolds("It's a Secret to Everybody", body, documented)).toBe(true);
  });

  test.each([
    ['another secret', 'its a secret', body, documented],
    ['other bytes', "It's a Secret to Everybody", Buffer.from('Hello, World! '), documented],
    ['no signature', "It's a Secret to Everybody", body, undefined],
    ['SHA-1', "It's a Secret to Everybody", body, documented.replace('sha256', 'sha1')],
    ['upper case', "It's a Secret to Everybody", body, documented.toUpperCase()],
    ['a piece', "It's a Secret to Everybody", body, documented.slice(0, -1)],
    ['more', "It's a Secret to Everybody", body, `${documented}0`],
    ['a line more', "It's a Secret to Everybody", body, `${documented}\n`],
  ])('does not hold with %s', (_, secret, bytes, signature) => {
    expect(signatureHolds(secret, bytes, signature)).toBe(false);
  });

  test('that does not hold is refused and nothing is kept', async () => {
    const before = place.ports.table.all().length;
    const webhook = { event: 'push', guid: 'x', signature: sign('other'), body: Buffer.from('{}') };

    expect(await refusal(Delivery.receive(place.ports, webhook))).toBe('invalid_signature');
    expect(place.ports.table.all()).toHaveLength(before);
  });
});

describe('a payload', () => {
  const read = (payload: unknown, event = 'push') =>
    pushedCommit(event, Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload)));

  test('of a push names its commit; of an annotated tag the commit and not the tag object', () => {
    expect(read(PUSH)).toEqual({
      commit: { repository: 'acme/hello', ref: 'refs/heads/main', git_sha: SHA },
    });
    expect(read({ ...PUSH, ref: 'refs/tags/v1', after: '4'.repeat(40) })).toMatchObject({
      commit: { git_sha: SHA },
    });
  });

  test.each([
    ['another event', PUSH, 'issues', /issues/],
    ['a deletion', { ...PUSH, deleted: true, after: '0'.repeat(40), head_commit: null }, 'push', /deleted/],
    ['no JSON', 'payload=%7B%7D', 'push', /not JSON/],
    ['no push', { zen: 'Keep it logically awesome.' }, 'push', /not a push event/],
    ['null', 'null', 'push', /not a push event/],
    ['a repository that is none', { ...PUSH, repository: { full_name: '../x' } }, 'push', /full_name/],
  ])('of %s starts nothing and says why', (_, payload, event, reason) => {
    expect(read(payload, event)).toMatchObject({ ignored: expect.stringMatching(reason) });
  });
});
