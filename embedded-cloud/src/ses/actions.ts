/** The actions of SES that are served. */
import { randomBytes } from 'node:crypto';
import { type Action, AwsError, type Cloud } from '../service.ts';
import { type Mailbox, mailboxOf } from './address.ts';
import type { Identities } from './identities.ts';
import type { MailboxFolder } from './mailbox.ts';
import { messageOf } from './message.ts';
import * as requests from './requests.ts';

/** Recipients of one message (docs: "Service quotas in Amazon SES"). */
const MAX_RECIPIENTS = 50;

export function sesActions(cloud: Cloud, identities: Identities, mailbox: MailboxFolder) {
  const arnOf = (identity: string) =>
    `arn:${cloud.partition}:ses:${cloud.region}:${cloud.accountId}:identity/${identity}`;
  const missing = (name: string) =>
    new AwsError('NotFoundException', `Email identity <${name}> does not exist.`, 404);

  return {
    SendEmail(input, call) {
      requests.refuseUnserved(input);
      const request = requests.parsed(requests.SendEmail, input);
      const from = mailboxOf(request.FromEmailAddress);
      const { ToAddresses, CcAddresses, BccAddresses } = request.Destination;
      const recipients = [...ToAddresses, ...CcAddresses, ...BccAddresses].map(mailboxOf);
      const identity = identities.identityOf(from);
      call.authorize('ses:SendEmail', arnOf(identity ?? from.address), {
        values: conditionsOf(from, recipients),
      });
      request.ReplyToAddresses.forEach(mailboxOf);
      if (recipients.length === 0 || recipients.length > MAX_RECIPIENTS)
        throw new AwsError('BadRequestException', `Recipient count must be 1 to ${MAX_RECIPIENTS}.`);
      if (identity === undefined)
        throw new AwsError(
          'MessageRejected',
          `Email address is not verified. The following identities failed the check in region ${cloud.region.toUpperCase()}: ${from.address}`,
        );
      const date = new Date(cloud.now());
      const id = `${date.getTime().toString(16).padStart(16, '0')}-${randomBytes(16).toString('hex')}-000000`;
      mailbox.put(id, date, messageOf(request, { id, date, boundary: randomBytes(12).toString('hex') }));
      return { MessageId: id };
    },
    CreateEmailIdentity(input, call) {
      const { EmailIdentity: name } = requests.parsed(requests.CreateEmailIdentity, input);
      call.authorize('ses:CreateEmailIdentity', arnOf(name));
      if (identities.has(name))
        throw new AwsError('AlreadyExistsException', `Email identity ${name} already exists.`);
      identities.create(name, cloud.now());
      return { IdentityType: typeOf(name), VerifiedForSendingStatus: true };
    },
    GetEmailIdentity(input, call) {
      const { EmailIdentity: name } = requests.parsed(requests.EmailIdentity, input);
      call.authorize('ses:GetEmailIdentity', arnOf(name));
      if (!identities.has(name)) throw missing(name);
      return { IdentityType: typeOf(name), VerifiedForSendingStatus: true, VerificationStatus: 'SUCCESS' };
    },
    DeleteEmailIdentity(input, call) {
      const { EmailIdentity: name } = requests.parsed(requests.EmailIdentity, input);
      call.authorize('ses:DeleteEmailIdentity', arnOf(name));
      if (!identities.remove(name)) throw missing(name);
      return {};
    },
  } satisfies Record<string, Action>;
}

const typeOf = (name: string): string => (name.includes('@') ? 'EMAIL_ADDRESS' : 'DOMAIN');

/** Keys of conditions (Service Authorization Reference, Amazon SES v2). */
const conditionsOf = (from: Mailbox, recipients: readonly Mailbox[]) => ({
  'ses:FromAddress': from.address,
  'ses:FromDisplayName': from.displayName,
  'ses:Recipients': recipients.map(({ address }) => address),
});
