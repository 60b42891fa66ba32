/** Linux follows 40 links in one path, then says ELOOP (man 7 path_resolution). */
export const MAX_LINKS = 40;

/** The target of the link at a path below a tree's root; undefined where there is none. */
type TargetOf = (path: string) => string | undefined;

/** Tells whether a symbolic link leads to a place inside its tree, existing or not. */
export const leadsInside = (path: string, target: string, targetOf: TargetOf): boolean =>
  resolveInTree(path, target, targetOf) !== undefined;

/**
 * The place inside its tree that a symbolic link leads to, existing or not. It is walked as the kernel would, through
 * the tree's other links too: `a/b/..` need not be `a`.
 *
 * @param path of the link, below the tree's root
 * @returns the place, below the tree's root; undefined when it is outside, or links form a cycle
 */
export function resolveInTree(path: string, target: string, targetOf: TargetOf): string | undefined {
  if (target.startsWith('/') || /^[A-Za-z]:/.test(target)) return undefined;
  const at = path.split('/').slice(0, -1);
  let steps = target.split('/');
  let links = 0;
  for (let step = steps.shift(); step !== undefined; step = steps.shift()) {
    if (step === '' || step === '.') continue;
    if (step === '..') {
      if (at.pop() === undefined) return undefined;
      continue;
    }
    at.push(step);
    const next = targetOf(at.join('/'));
    if (next === undefined) continue;
    links += 1;
    if (links > MAX_LINKS || next.startsWith('/')) return undefined;
    at.pop();
    steps = [...next.split('/'), ...steps];
  }
  return at.join('/');
}
