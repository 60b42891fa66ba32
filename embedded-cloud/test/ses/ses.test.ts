import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateEmailIdentityCommand,
  DeleteEmailIdentityCommand,
  GetEmailIdentityCommand,
  SESv2Client,
  SendEmailCommand,
  type SendEmailCommandInput,
} from '@aws-sdk/client-sesv2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Service } from '../../src/service.ts';
import { ses } from '../../src/ses/index.ts';
import { ACCOUNT, REGION, type SmallCloud, smallCloud } from '../../test-kit/small-cloud.ts';

let cloud: SmallCloud<Service>;
let client: SESv2Client;
beforeEach(async () => {
  cloud = await smallCloud(ses);
  client = new SESv2Client(cloud.operator);
});
afterEach(() => cloud.stop());

const mail = (more: Partial<SendEmailCommandInput> = {}, subject = 'Hello', text = 'Good morning') =>
  new SendEmailCommand({
    FromEmailAddress: 'app@localhost',
    Destination: { ToAddresses: ['team@example.com'] },
    Content: { Simple: { Subject: { Data: subject }, Body: { Text: { Data: text } } } },
    ...more,
  });

const messages = (): string[] => {
  const folder = join(cloud.cloud.stateDir('ses'), 'mailbox');
  return readdirSync(folder)
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8'));
};

describe('mail', () => {
  it('goes into the mailbox folder, as a message of RFC 5322', async () => {
    const { MessageId } = await client.send(mail());

    const [message] = messages();
    expect(message?.split('\r\n\r\n')).toEqual([
      expect.stringMatching(/^From: app@localhost\r\nTo: team@example.com\r\nSubject: Hello\r\n/),
      'Good morning\r\n',
    ]);
    expect(message).toContain(`Message-ID: <${MessageId}@email.amazonses.com>`);
  });

  it('in any script keeps its subject in encoded words, and none is longer than 75 characters', async () => {
    const subject = 'Grüße aus 東京 🎉 '.repeat(8);
    await client.send(mail({}, subject));

    const [, header = ''] = /Subject: ([\s\S]*?)\r\nMessage-ID/.exec(messages()[0] ?? '') ?? [];
    const words = header.split('\r\n ');
    expect(words.every((word) => word.length <= 75)).toBe(true);
    expect(
      words.map((word) => Buffer.from(word.slice('=?UTF-8?B?'.length, -2), 'base64').toString()).join(''),
    ).toBe(subject);
  });

  it('cannot get another header by its subject, or a line that is too long by its text', async () => {
    await client.send(mail({}, 'Hello\r\nBcc: all@example.com', 'x'.repeat(2000)));

    const [message = ''] = messages();
    expect(message).not.toMatch(/^Bcc:/m);
    expect(message).toContain('Content-Transfer-Encoding: base64');
    expect(message.split('\r\n').every((line) => line.length <= 998)).toBe(true);
  });

  it('shows recipients of Bcc to nobody, and has both forms of its text', async () => {
    await client.send(
      mail({
        Destination: { ToAddresses: ['a@example.com'], BccAddresses: ['hidden@example.com'] },
        Content: {
          Simple: {
            Subject: { Data: 's' },
            Body: { Text: { Data: 'plain' }, Html: { Data: '<p>rich</p>' } },
          },
        },
      }),
    );

    const [message = ''] = messages();
    expect(message).not.toContain('hidden@example.com');
    expect(message).toMatch(
      /multipart\/alternative[\s\S]*text\/plain[\s\S]*plain[\s\S]*text\/html[\s\S]*rich/,
    );
  });
});

describe('what SES refuses', () => {
  it('a sender that is not verified, until its address or its domain is', async () => {
    const from = { FromEmailAddress: 'App <app@shop.example.com>' };
    const before = client.send(mail(from));
    await expect(before).rejects.toMatchObject({
      name: 'MessageRejected',
      message: `Email address is not verified. The following identities failed the check in region ${REGION.toUpperCase()}: app@shop.example.com`,
    });

    await client.send(new CreateEmailIdentityCommand({ EmailIdentity: 'example.com' }));
    await client.send(mail(from));
    await client.send(new DeleteEmailIdentityCommand({ EmailIdentity: 'example.com' }));

    await expect(client.send(mail(from))).rejects.toMatchObject({ name: 'MessageRejected' });
    expect(messages()).toHaveLength(1);
  });

  it.each([
    [{ FromEmailAddress: 'nobody' }, 'Invalid email address'],
    [{ Destination: { ToAddresses: ['a@example.com\r\nBcc: b@example.com'] } }, 'Invalid email address'],
    [{ Destination: {} }, 'Recipient count'],
    [{ Destination: { ToAddresses: Array(51).fill('a@example.com') } }, 'Recipient count'],
    [{ Content: { Simple: { Subject: { Data: 's' }, Body: {} } } }, 'must have Text or Html'],
  ])('%j', async (more, message) => {
    await expect(client.send(mail(more))).rejects.toMatchObject({
      name: 'BadRequestException',
      message: expect.stringContaining(message),
    });
    expect(messages()).toEqual([]);
  });

  it('what it does not have, by its name', async () => {
    const raw = client.send(mail({ Content: { Raw: { Data: Buffer.from('x') } } }));

    await expect(raw).rejects.toMatchObject({ name: 'NotImplemented' });
  });
});

it('an identity is created once, found and deleted', async () => {
  const identity = { EmailIdentity: 'me@example.com' };
  const created = await client.send(new CreateEmailIdentityCommand(identity));

  expect(created).toMatchObject({ IdentityType: 'EMAIL_ADDRESS', VerifiedForSendingStatus: true });
  await expect(client.send(new CreateEmailIdentityCommand(identity))).rejects.toMatchObject({
    name: 'AlreadyExistsException',
  });
  expect(await client.send(new GetEmailIdentityCommand(identity))).toMatchObject({
    VerificationStatus: 'SUCCESS',
  });
  await client.send(new DeleteEmailIdentityCommand(identity));
  await expect(client.send(new GetEmailIdentityCommand(identity))).rejects.toMatchObject({
    name: 'NotFoundException',
  });
});

it('a role sends only as the sender that its policy names', async () => {
  const statement = {
    Effect: 'Allow',
    Action: 'ses:SendEmail',
    Resource: `arn:aws:ses:${REGION}:${ACCOUNT}:identity/*`,
    Condition: { StringEquals: { 'ses:FromAddress': 'app@localhost' } },
  };
  const sender = new SESv2Client(cloud.role('sender', [statement]));
  await sender.send(mail());

  await expect(sender.send(mail({ FromEmailAddress: 'boss@localhost' }))).rejects.toMatchObject({
    name: 'AccessDeniedException',
  });
  expect(messages()).toHaveLength(1);
});
