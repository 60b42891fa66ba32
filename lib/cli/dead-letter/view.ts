import type { DeadLetter, DeadLetterWithEvent } from '../resources.ts';
import { clean } from '../terminal/clean.ts';
import { moment } from '../terminal/format.ts';
import { type Column, fields } from '../terminal/table.ts';

export const letterColumns: readonly Column<DeadLetter>[] = [
  { title: 'id', value: (letter) => letter.id },
  { title: 'target', value: (letter) => letter.target ?? undefined },
  { title: 'reason', value: (letter) => letter.reason },
  { title: 'failed', value: (letter) => moment(letter.failed_at) },
  { title: 'expires', value: (letter) => moment(letter.expires_at) },
];

const KINDS: Readonly<Record<DeadLetter['kind'], string>> = {
  undelivered: 'the event did not reach its target',
  failed: 'the function failed on the event',
  unknown: 'not known',
};

export function letterText(letter: DeadLetterWithEvent): string {
  const record = fields([
    ['letter', letter.id],
    ['what', KINDS[letter.kind]],
    ['target', letter.target ?? 'not known'],
    ['rule', letter.rule],
    ['reason', letter.reason],
    ['message', letter.message],
    ['attempts', letter.attempts?.toString()],
    ['failed', moment(letter.failed_at)],
    ['expires', moment(letter.expires_at)],
  ]);
  const event = JSON.stringify(letter.event, null, 2) ?? 'The event was too large to be kept.';
  return `${record}\n\n${event
    .split('\n')
    .map((line) => clean(line))
    .join('\n')}`;
}
