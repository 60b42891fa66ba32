/** Without the values that are undefined. */
export function defined<Values extends object>(
  values: Values,
): { [Name in keyof Values]?: Exclude<Values[Name], undefined> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Name in keyof Values]?: Exclude<Values[Name], undefined> };
}

/** A list option that replaces the stored list; a word of its own clears it. */
export function replaced(words: readonly string[], clears: string, before: readonly string[] = []): string[] {
  if (words.length === 0) return [...before];
  return words.filter((word) => word !== clears);
}
