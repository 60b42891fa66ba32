/** Finds the word that was meant by a mistyped one: of its letters at most a third, and no more than two, are wrong, missing, added or swapped. */
export function nearest(written: string, words: readonly string[]): string | undefined {
  const wrongAllowed = Math.min(2, Math.max(1, Math.floor(written.length / 3)));
  // A word of the manifest is short; what is far longer than all of them was none of them.
  const candidates = words
    .filter((word) => Math.abs(word.length - written.length) <= wrongAllowed)
    .map((word) => ({ word, distance: distanceOf(written.toLowerCase(), word.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = candidates[0];
  return best !== undefined && best.distance <= wrongAllowed ? best.word : undefined;
}

/** Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours. */
function distanceOf(a: string, b: string): number {
  let twoBack: number[] = [];
  let oneBack = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current[column] = Math.min(
        (oneBack[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (oneBack[column - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (twoBack[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    twoBack = oneBack;
    oneBack = current;
  }
  return oneBack[b.length] ?? 0;
}
