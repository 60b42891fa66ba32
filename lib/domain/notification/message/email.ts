/** An event as an e-mail of plain text. */
import { cut } from '../../text.ts';
import type { EventEnvelope } from '../record.ts';
import { factsOf } from './facts.ts';

/** A line of a header has at most 998 characters (RFC 5322, section 2.1.1); a list of mails shows far less. */
const MAX_SUBJECT = 200;

/** @param slug of the project, where the subscription is of one */
export function emailOf(event: EventEnvelope, slug: string | undefined): { subject: string; text: string } {
  const facts = factsOf(event, slug);
  const project = facts.find(({ label }) => label === 'project')?.value;
  const width = Math.max(...facts.map(({ label }) => label.length));
  const lines = facts.map(({ label, value }) => `${`${label}:`.padEnd(width + 1)} ${value}`);
  return {
    subject: cut(`[Staithe] ${event.type}${project === undefined ? '' : `: ${project}`}`, MAX_SUBJECT),
    text: `${event.type} at ${event.timestamp}\n\n${lines.join('\n')}\n\nYou get this mail because your address is in a subscription of Staithe. An admin can disable or delete it.\n`,
  };
}
