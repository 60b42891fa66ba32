/** E-mail by Amazon SES (API v2). */
import { SESv2Client, SESv2ServiceException, SendEmailCommand } from '@aws-sdk/client-sesv2';
import type { Mailer } from '../domain/ports/notifier.ts';
import { lean } from './lean.ts';

/** A client is made with the first mail: most notifications are none. */
export function sesMailer(makeClient: () => SESv2Client = () => lean(new SESv2Client())): Mailer {
  let client: SESv2Client | undefined;
  return {
    async send({ from, to, subject, text }) {
      client ??= makeClient();
      const utf8 = (Data: string) => ({ Data, Charset: 'UTF-8' });
      try {
        await client.send(
          new SendEmailCommand({
            FromEmailAddress: from,
            Destination: { ToAddresses: [...to] },
            Content: { Simple: { Subject: utf8(subject), Body: { Text: utf8(text) } } },
          }),
        );
        return undefined;
      } catch (error) {
        // Whatever SES has against it may pass: a pause of the account, a limit, an address that is verified later.
        if (error instanceof SESv2ServiceException)
          return { failure: `SES refused the mail (${error.name}): ${error.message}` };
        throw error;
      }
    },
  };
}
