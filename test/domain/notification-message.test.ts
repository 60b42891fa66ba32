/** What people read of an event, in a chat and in a mail. */
import { beforeEach, describe, expect, it } from 'vitest';
import { FAMILIES } from '../../lib/contract/events/index.ts';
import { emailOf } from '../../lib/domain/notification/message/email.ts';
import { slackBody } from '../../lib/domain/notification/message/slack.ts';
import { eventIn, happen, notificationsOf, subscribe } from './subscribing.ts';
import { type World, world } from './world.ts';

let place: World;
beforeEach(async () => {
  place = await world();
});

describe('what people read', () => {
  const hostile = {
    service: '<!channel> <https://evil.example|click> & co',
    error: { message: 'line one\nBcc: everybody@example.com\r\n@here @channel' },
  };

  it('in a chat has no markup, no links and no mass mentions of what was built', async () => {
    const url = 'https://hooks.slack.com/services/T/B/x';
    const subscription = await subscribe(place, { target: { kind: 'slack', url } });
    await happen(place, [eventIn(place, 'Run Failed', hostile)], [subscription]);

    const [post] = place.ports.notifier.posts;
    const message = JSON.parse(post?.body ?? '');
    expect(post).toMatchObject({ url });
    expect(post?.signature).toBeUndefined();
    expect(message.text).toBe('Run Failed: hello');
    expect(message.blocks.map(({ text }: { text: { type: string } }) => text.type)).toEqual([
      'plain_text',
      'plain_text',
    ]);
    expect(message.blocks[1].text.text).toContain('error: line one Bcc: everybody@example.com @\u200bhere');
    expect(post?.body).not.toMatch(/@(here|channel)/);
  });

  it('escapes what stands in the markup of the fallback', async () => {
    const event = { type: '<!here> & @all', timestamp: '', data: {} };

    expect(JSON.parse(slackBody(event, undefined)).text).toBe('&lt;!here&gt; &amp; @\u200ball');
  });

  it('in a mail is text, with one line as its subject', async () => {
    const subscription = await subscribe(place, {
      target: { kind: 'email', addresses: ['a@example.com', 'b@example.com'] },
    });
    await happen(place, [eventIn(place, 'Run Failed', hostile)], [subscription]);

    const [mail] = place.ports.mailer.mails;
    expect(mail).toMatchObject({
      from: 'staithe@example.com',
      to: ['a@example.com', 'b@example.com'],
      subject: '[Staithe] Run Failed: hello',
    });
    expect(mail?.text).not.toMatch(/^Bcc:/m);
    expect(await notificationsOf(place, subscription.id)).toMatchObject([{ status: 'delivered' }]);
  });

  it('in a mail that is refused is tried again', async () => {
    place.ports.mailer.failure = 'SES refused the mail (MessageRejected): Email address is not verified.';
    const target = { kind: 'email', addresses: ['a@example.com'] };
    const subscription = await subscribe(place, { target });
    await happen(place, [eventIn(place, 'Run Failed')], [subscription]);

    expect(await notificationsOf(place, subscription.id)).toMatchObject([
      { status: 'waiting', error: expect.stringContaining('MessageRejected') },
    ]);
  });
});

describe('each event of the registry', () => {
  const specs = FAMILIES.flatMap(({ events }) => Object.values(events));

  it.each(specs)('$name makes a message for people, within the limits of a chat', ({ name, example }) => {
    const event = { type: name, timestamp: '2026-11-21T09:30:00.000Z', data: { ...example } };
    const { text } = emailOf(event, 'hello');
    const { blocks } = JSON.parse(slackBody(event, 'hello'));

    expect(text).toMatch(/^id: +\w{3}_/m);
    expect(text).not.toMatch(/undefined|\[object|: *$/m);
    expect(blocks[0].text.text.length).toBeLessThanOrEqual(150);
    expect(blocks[1].text.text.length).toBeLessThanOrEqual(3000);
  });

  it('says in an e-mail what an admin can do about it, and nothing that no route does', () => {
    const { text } = emailOf({ type: 'Run Failed', timestamp: '', data: { id: 'run_1' } }, 'hello');

    expect(text).toContain('An admin can disable or delete it.');
    expect(text).not.toMatch(/change/);
  });

  it('says to approvers what a deployment waits for', () => {
    const data = { id: 'dep_1', waits_for: [{ rule: 'approvals', message: 'It needs 2 approvals.' }] };

    expect(emailOf({ type: 'Deployment', timestamp: '', data }, 'hello').text).toMatch(
      /waits for: +It needs 2 approvals\./,
    );
  });
});
