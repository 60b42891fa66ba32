/** How the texts of the error table are written: plain, in sentences, with a next step. */
import { describe, expect, it } from 'vitest';
import { ERRORS } from '../../lib/domain/error-codes.ts';

const entries = Object.entries(ERRORS);

/** Words of the code, of jokes, and of other languages' grammar: users meet the field's terms instead. */
const BANNED =
  /\b(?:somebody|nobody|whoever|anew|mended|under way|came to nothing|no such thing|asked too often|take[ns]? back|gives? no answer|may have|forget|patience|doubts?|gsi\d?|handler|middleware|undefined|null|NaN)\b/i;

/** What a reader can do, as an imperative somewhere in the remedy. */
const NEXT_STEP =
  /(?:^|[.:,] |\bthen )(?:To [a-z]+ |If [^,]+, )?(?:ask|cancel|check|choose|correct|create|deploy|get|keep|look|name|pull|push|read|redeploy|reduce|report|request|rerun|revoke|send|set|try|upload|use|wait)\b/i;

describe.each(entries)('the error %s', (_, { title, remedy }) => {
  it('has a title that is a heading: a capital first, one line, no full stop', () => {
    expect(title).toMatch(/^[A-Z][^\n]{3,59}$/);
    expect(title).not.toMatch(/[.!?;:]$/);
    expect(title).not.toMatch(BANNED);
  });

  it('has a remedy of whole sentences that names a next step', () => {
    expect(remedy).toMatch(/^[A-Z`].*\.$/s);
    expect(remedy).not.toMatch(BANNED);
    expect(remedy).toMatch(NEXT_STEP);
    for (const sentence of remedy.split(/(?<=[.!?]) /)) expect(sentence).toMatch(/^[A-Z`]/);
  });
});

it('no two codes have the same title', () => {
  expect(new Set(entries.map(([, { title }]) => title)).size).toBe(entries.length);
});
