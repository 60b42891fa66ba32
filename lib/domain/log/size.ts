/** How many lines of several streams fit into one answer. */
import { ANSWER_MAX_BYTES } from '../answer.ts';
import type { StoredLine } from '../ports/logs.ts';

export const PAGE_MAX_BYTES = ANSWER_MAX_BYTES;
/** The other members of a line, their quotes escaped. */
const FRAME_BYTES = 400;

/**
 * What a line takes of the answer: JSON within the JSON of Lambda's own answer. A control character is `\\u0001` there,
 * seven bytes for one, so 256 KB may become 1.8 MB.
 */
export function wireBytes(line: StoredLine): number {
  return FRAME_BYTES + Buffer.byteLength(JSON.stringify(JSON.stringify(line.message)));
}

/** Without looking at the characters: seven bytes for each at most, and never too little. */
function atMost(lists: readonly (readonly StoredLine[])[]): number {
  return lists.flat().reduce((bytes, line) => bytes + FRAME_BYTES + 7 * line.message.length, 0);
}

/**
 * How many lines of each list fit, from its beginning. The oldest line of all fits in any case, so that no reading stands
 * still. Then each list has an equal share, and the rest goes to the oldest lines that are left.
 * @param lists each in order of time
 */
export function fitting(lists: readonly (readonly StoredLine[])[], maxBytes = PAGE_MAX_BYTES): number[] {
  if (atMost(lists) <= maxBytes) return lists.map((lines) => lines.length);
  const sizes = lists.map((lines) => lines.map(wireBytes));
  const first = oldest(lists, []);
  const firstBytes = first === undefined ? 0 : (sizes[first]?.[0] ?? 0);
  const share = (maxBytes - firstBytes) / Math.max(1, lists.length);
  let rest = maxBytes - firstBytes;
  const taken = sizes.map((list, index) => {
    let count = index === first ? 1 : 0;
    let used = 0;
    while (count < list.length && used + (list[count] ?? 0) <= share) {
      used += list[count] ?? 0;
      count += 1;
    }
    rest -= used;
    return count;
  });
  for (let next = oldest(lists, taken); next !== undefined; next = oldest(lists, taken)) {
    const count = taken[next] ?? 0;
    const size = sizes[next]?.[count] ?? 0;
    if (size > rest) break;
    rest -= size;
    taken[next] = count + 1;
  }
  return taken;
}

/** Which list has the oldest of the lines that come next. */
function oldest(lists: readonly (readonly StoredLine[])[], taken: readonly number[]): number | undefined {
  let found: { index: number; timestamp: number } | undefined;
  for (const [index, lines] of lists.entries()) {
    const line = lines[taken[index] ?? 0];
    if (line !== undefined && (found === undefined || line.timestamp < found.timestamp))
      found = { index, timestamp: line.timestamp };
  }
  return found?.index;
}
