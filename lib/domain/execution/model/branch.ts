/** The branch that a ref names; undefined for tags and plain uploads. */
export function branchOf(ref: string | undefined): string | undefined {
  if (ref === undefined || ref.startsWith('refs/tags/')) return undefined;
  return ref.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : ref;
}
