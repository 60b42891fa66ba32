/** A message as it goes over the wire (RFC 5322, MIME by RFC 2045 to 2047). */
import type { SendEmail } from './requests.ts';

/** Longest lines of a message, without the line break (RFC 5322, section 2.1.1). */
const MAX_LINE = 998;

export function messageOf(
  { FromEmailAddress, Destination, ReplyToAddresses, Content }: SendEmail,
  { id, date, boundary }: { readonly id: string; readonly date: Date; readonly boundary: string },
): string {
  const { Subject, Body } = Content.Simple;
  // Recipients of Bcc are in no header: that is what it is for.
  const headers: (readonly [string, string])[] = [
    ['From', FromEmailAddress],
    ['To', Destination.ToAddresses.join(', ')],
    ['Cc', Destination.CcAddresses.join(', ')],
    ['Reply-To', ReplyToAddresses.join(', ')],
    ['Subject', encodedText(Subject.Data.replace(/[\r\n]+/g, ' '))],
    ['Message-ID', `<${id}@email.amazonses.com>`],
    // RFC 5322 writes the zone as an offset.
    ['Date', date.toUTCString().replace('GMT', '+0000')],
    ['MIME-Version', '1.0'],
  ];
  const head = headers.filter(([, value]) => value !== '').map(([name, value]) => `${name}: ${value}`);
  const parts = [
    ...(Body.Text === undefined ? [] : [partOf('plain', Body.Text.Data)]),
    ...(Body.Html === undefined ? [] : [partOf('html', Body.Html.Data)]),
  ];
  const content =
    parts.length === 1
      ? parts
      : [
          `Content-Type: multipart/alternative; boundary="${boundary}"\r\n`,
          ...parts.map((part) => `--${boundary}\r\n${part}`),
          `--${boundary}--\r\n`,
        ];
  return `${head.join('\r\n')}\r\n${content.join('\r\n')}`;
}

/** As it is, where its lines are short enough; else in base64. */
function partOf(subtype: 'plain' | 'html', text: string): string {
  const lines = text.split(/\r\n|\r|\n/);
  const isShort = lines.every((line) => Buffer.byteLength(line) <= MAX_LINE) && !text.includes('\0');
  const body = isShort
    ? lines.join('\r\n')
    : (
        Buffer.from(text)
          .toString('base64')
          .match(/.{1,76}/g) ?? []
      ).join('\r\n');
  return `Content-Type: text/${subtype}; charset=UTF-8\r\nContent-Transfer-Encoding: ${isShort ? '8bit' : 'base64'}\r\n\r\n${body}\r\n`;
}

/** An encoded word has at most 75 characters (RFC 2047, section 2): 45 bytes in base64 fit. */
const WORD_BYTES = 45;

/** Text that is not ASCII, in encoded words; none of them ends within a character. */
function encodedText(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  const words: string[] = [''];
  for (const character of text) {
    const last = words.at(-1) ?? '';
    if (Buffer.byteLength(last + character) > WORD_BYTES) words.push(character);
    else words[words.length - 1] = last + character;
  }
  return words.map((word) => `=?UTF-8?B?${Buffer.from(word).toString('base64')}?=`).join('\r\n ');
}
