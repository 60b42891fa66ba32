/** Lines as the tool inside printed them: what builders put before each line of a step is taken away. */

/** BuildKit's plain progress `#8 12.34 npm error …`, and the seconds in its summary, `12.34 npm error …`. */
const BUILDKIT = /^#\d+ (?:\d+\.\d+ )?/;
const SUMMARY = /^\d+\.\d{3} /;

export function linesOf(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(BUILDKIT, '').replace(SUMMARY, ''));
}
