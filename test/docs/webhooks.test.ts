/** The table of docs/webhooks.md, row by row: what comes, what is decided, and why. */
import { createHash, createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import * as Delivery from '../../lib/domain/delivery/index.ts';
import { ADMIN, type World, world } from '../domain/world.ts';
import { WEBHOOK_SECRET } from '../memory/index.ts';

const text = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'webhooks.md'), 'utf8');
const ROW = /^\| (.+?) +\| (received|ignored) +\| (.+?) +\|$/gm;
const rows = [...text.matchAll(ROW)].map(([, comes = '', decision = '', reason = '']) => ({
  comes,
  decision,
  reason,
}));

const SHA = '3f786850e387550fdab836ed7e6dc881de23001b';
const push = (more: object) => ({
  ref: 'refs/heads/main',
  after: SHA,
  deleted: false,
  head_commit: { id: SHA },
  repository: { full_name: 'acme/hello' },
  ...more,
});
const saying = (message: string) => ({ head_commit: { id: SHA, message } });
const NOTHING = { after: '0'.repeat(40), head_commit: null };
const longRef = (length: number) => 'refs/heads/'.padEnd(length, 'x');

interface Sent {
  readonly event?: string;
  readonly payload: unknown;
}
/** By what the page calls it. Text is sent as it is. */
const SENT: Readonly<Record<string, Sent>> = {
  'a push of a branch': { payload: push({}) },
  'a push of a tag': { payload: push({ ref: 'refs/tags/v1', after: '4'.repeat(40) }) },
  'a push of a ref of 266 characters': { payload: push({ ref: longRef(266) }) },
  'a push of a ref of 267 characters': { payload: push({ ref: longRef(267) }) },
  'a push with more than 1 MiB of payload': { payload: push({ commits: ['x'.repeat(2 * 1024 * 1024)] }) },
  'a deletion': { payload: push({ deleted: true, ...NOTHING }) },
  '`after` of zeros without `deleted`': { payload: push(NOTHING) },
  '`[skip ci]` in the message of the head commit': { payload: push(saying('Fix a typing error [skip ci]')) },
  '`skip-checks: true` in its last paragraph': { payload: push(saying('Fix it\n\n\nskip-checks: true')) },
  '`[skip ci]` in the message of another commit': {
    payload: push({ ...saying('Fix it'), commits: [{ id: SHA, message: '[skip ci]' }] }),
  },
  'a push of `refs/notes/commits`': { payload: push({ ref: 'refs/notes/commits' }) },
  'a push of `refs/pull/1/head`': { payload: push({ ref: 'refs/pull/1/head' }) },
  'a push of `main`': { payload: push({ ref: 'main' }) },
  'a push of an empty ref': { payload: push({ ref: '' }) },
  'a ref that git does not allow': { payload: push({ ref: 'refs/heads/a\u0000 b' }) },
  'a ref with half a character': { payload: push({ ref: 'refs/heads/a\ud800' }) },
  '`after` that is not a commit': { payload: push({ after: 'HEAD' }) },
  'a push without a repository': { payload: push({ repository: undefined }) },
  'a repository that is not `owner/name`': { payload: push({ repository: { full_name: '../x' } }) },
  'a ping': { event: 'ping', payload: { zen: 'Keep it logically awesome.' } },
  'another event': { event: 'issues', payload: { action: 'opened' } },
  'no event header': { event: '', payload: push({}) },
  'a form (the other content type)': { payload: 'payload=%7B%7D' },
  'no body': { payload: '' },
};

let place: World;
beforeAll(async () => {
  place = await world();
});

describe('docs/webhooks.md', () => {
  it('has a row for each of these requests, and these for each row', () => {
    expect(rows.map(({ comes }) => comes)).toEqual(Object.keys(SENT));
  });

  it.each(rows)('$comes: $decision, and it is kept', async ({ comes, decision, reason }) => {
    const { event = 'push', payload } = SENT[comes] ?? { payload: undefined };
    const body = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
    const signature = `sha256=${createHmac('sha256', WEBHOOK_SECRET).update(body).digest('hex')}`;

    const { id } = await Delivery.receive(place.ports, { event, guid: 'g', signature, body });

    const kept = await Delivery.get(place.ports, ADMIN, id);
    expect(kept.decision.kind).toBe(decision);
    expect(kept.decision.reason).toContain(reason);
    expect(JSON.stringify(kept).isWellFormed()).toBe(true);
    expect(kept.payload).toEqual({
      sha256: createHash('sha256').update(body).digest('hex'),
      size_bytes: body.length,
    });
  });
});
