/**
 * What in a commit's message asks that nothing be built for its push.
 * Source: GitHub docs, "Skipping workflow runs" and "Skipping and requesting checks for individual commits".
 */

/** The instructions of GitHub Actions, in any case, anywhere in the message. */
const INSTRUCTION = /\[(?:skip ci|ci skip|no ci|skip actions|actions skip)\]/i;
/** The key of a trailer is written in any case (git-interpret-trailers). */
const TRAILER = /^skip-checks:[ \t]*true[ \t]*$/im;

/** @returns the instruction as it is written, without what stands around it; undefined where there is none */
export function skipInstruction(message: string): string | undefined {
  const instruction = INSTRUCTION.exec(message)?.[0];
  if (instruction !== undefined) return instruction;
  const [, ...paragraphs] = message
    .replaceAll('\r\n', '\n')
    .trimEnd()
    .split(/\n(?:[ \t]*\n)+/);
  return TRAILER.exec(paragraphs.at(-1) ?? '')?.[0].trim();
}
