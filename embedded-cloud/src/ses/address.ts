/** Addresses as headers have them (RFC 5322, section 3.4). */
import { AwsError } from '../service.ts';

export interface Mailbox {
  /** `name@domain`, in which the domain is in lower case. */
  readonly address: string;
  readonly domain: string;
  readonly displayName: string | undefined;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: what would end a header
const CONTROL = /[\u0000-\u001f\u007f]/;

/** `name@domain`, or `Display Name <name@domain>`. @throws AwsError `BadRequestException` */
export function mailboxOf(text: string): Mailbox {
  const [, quoted, bracketed] = /^\s*(.*?)\s*<([^<>]+)>\s*$/.exec(text) ?? [];
  const bare = bracketed ?? text.trim();
  const [, local, domain] =
    /^([^\s@<>,;:"()[\]\\]+)@([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)$/.exec(bare) ?? [];
  if (local === undefined || domain === undefined || CONTROL.test(text))
    throw new AwsError('BadRequestException', 'Invalid email address.');
  const lower = domain.toLowerCase();
  return {
    address: `${local}@${lower}`,
    domain: lower,
    displayName: quoted === undefined || quoted === '' ? undefined : quoted.replace(/^"(.*)"$/, '$1'),
  };
}
