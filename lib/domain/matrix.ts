/**
 * One combination of the values of a matrix's axes. It is always told in the order of the axes' names: a map that comes
 * back from the table has no order of its own (docs: DynamoDB, "Data types", Map).
 */
export type MatrixCell = Readonly<Record<string, string>>;

/** Members of a map by name, in code-unit order. */
export function inOrder<Value>(map: Readonly<Record<string, Value>>): [string, Value][] {
  return Object.entries(map).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/** `-erlang-26-mode-release`: what tells the names of a cell's artifacts and tags from those of others. */
export function suffixOf(cell: MatrixCell): string {
  return inOrder(cell)
    .map(([axis, value]) => `-${axis}-${value}`)
    .join('');
}

/** `erlang=26, mode=release` */
export function inWords(cell: MatrixCell): string {
  return inOrder(cell)
    .map(([axis, value]) => `${axis}=${value}`)
    .join(', ');
}

/** `api`, or `api (erlang=25, mode=release)`: what a job is called, and what tells its artifacts from those of others. */
export function cellName(service: string, cell: MatrixCell): string {
  const values = inWords(cell);
  return values === '' ? service : `${service} (${values})`;
}
