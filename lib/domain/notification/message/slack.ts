/**
 * The JSON of an incoming webhook, as Slack and those that understand the same take it (Slack API docs, "Sending messages
 * using incoming webhooks", "Reference: Block Kit", "Formatting text": what is escaped).
 */
import { cut } from '../../text.ts';
import type { EventEnvelope } from '../record.ts';
import { factsOf } from './facts.ts';

/** Longest texts that Slack takes (docs: header block, section block). */
const MAX_HEADER = 150;
const MAX_SECTION = 3000;

/** @param slug of the project, where the subscription is of one */
export function slackBody(event: EventEnvelope, slug: string | undefined): string {
  const facts = factsOf(event, slug);
  const details = facts.map(({ label, value }) => `${label}: ${value}`).join('\n');
  // Plain text makes no links, and shows what is in it as it is; the fallback is markup, so it is escaped.
  const plain = (text: string, max: number) => ({
    type: 'plain_text',
    text: cut(withoutMentions(text), max),
    emoji: false,
  });
  const project = facts.find(({ label }) => label === 'project')?.value;
  const title = project === undefined ? event.type : `${event.type}: ${project}`;
  return JSON.stringify({
    text: escaped(cut(title, MAX_HEADER)),
    blocks: [
      { type: 'header', text: plain(title, MAX_HEADER) },
      { type: 'section', text: plain(details, MAX_SECTION) },
    ],
  });
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

const escaped = (text: string): string =>
  withoutMentions(text.replace(/[&<>]/g, (found) => ENTITIES[found] ?? found));

/** `@channel` and the like call everybody where names are linked: a zero-width space keeps them from being names. */
const withoutMentions = (text: string): string =>
  text.replace(/@(?=(channel|here|everyone|all)\b)/gi, '@\u200b');
