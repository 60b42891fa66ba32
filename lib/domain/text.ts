/**
 * Which text and which names from outside can be kept: one rule for requests, webhooks, manifests and what jobs report.
 * Well-formed Unicode is asked for everywhere, as JSON can carry half a character that no store takes (RFC 8259, section
 * 8.2); the rest depends on what a text is for.
 */
import * as z from 'zod';
import { flawOfFileName } from './file-name.ts';

/** What a text that is no Unicode is told. */
export const MALFORMED = 'contains a lone surrogate (half of a UTF-16 pair)';

const NUL = 'contains a NUL character, which no command can receive';

/** Members of every JavaScript object: as a key, such a name would be mistaken for what all objects have. */
const OF_EVERY_OBJECT: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Object.prototype));

/** What a key that cannot be kept is told. */
export const NO_KEY = 'is a reserved name';

/** Whether nothing can be kept under this name: `__proto__`, `constructor`, `toString` and their like. */
export function isNoKey(name: string): boolean {
  return OF_EVERY_OBJECT.has(name);
}

/** Why the text cannot reach a command as an argument or a variable; undefined when it can. */
export function flawOf(text: string): string | undefined {
  if (!text.isWellFormed()) return MALFORMED;
  return text.includes('\0') ? NUL : undefined;
}

const refusing = (flaw: (text: string) => string | undefined) => (text: string, context: z.RefinementCtx) => {
  const message = flaw(text);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
};

/** Text of several lines: values, notes, scripts. Everything but NUL. @param max UTF-16 units */
export function text(max: number) {
  return z.string().max(max).superRefine(refusing(flawOf));
}

/** C0, DEL, C1, and the two separators of lines: what would steer a terminal or forge a line of a log. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
const ONE_LINE = /^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$/;

const oneLine = (string: z.ZodString, max: number) =>
  string
    .min(1)
    .max(max)
    .regex(ONE_LINE, 'must be one line without control characters')
    .superRefine(refusing(flawOf));

/** Text of one line: refs, paths, stages. @param max UTF-16 units */
export function line(max: number) {
  return oneLine(z.string(), max);
}

/** A name that people choose: one line, and blanks around it do not count. @param max UTF-16 units */
export function title(max: number) {
  return oneLine(z.string().trim(), max);
}

/** The name of a file, in any script: kept as it is, and refused where that is not possible. */
export const FileName = z
  .string()
  .superRefine(refusing(flawOfFileName))
  .meta({ examples: ['hello.zip'] });

/** What is reported from elsewhere is not refused for its length or its encoding, but cut, and mended where it was cut. */
export function cut(text: string, max: number): string {
  return text.slice(0, max).toWellFormed();
}
