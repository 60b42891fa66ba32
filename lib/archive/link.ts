/** Linux follows 40 links in one path, then says ELOOP (man 7 path_resolution). */
export const MAX_LINKS = 40;

/**
 * Tells whether a symbolic link leads to a place inside its tree, existing or not. It is walked as the kernel would,
 * through the tree's other links too: `a/b/..` need not be `a`.
 *
 * @param path of the link, below the tree's root
 * @param targetOf the target of the link at a path, undefined where there is none
 */
export function leadsInside(
  path: string,
  target: string,
  targetOf: (path: string) => string | undefined,
): boolean {
  if (target.startsWith('/') || /^[A-Za-z]:/.test(target)) return false;
  const at = path.split('/').slice(0, -1);
  let steps = target.split('/');
  let links = 0;
  for (let step = steps.shift(); step !== undefined; step = steps.shift()) {
    if (step === '' || step === '.') continue;
    if (step === '..') {
      if (at.pop() === undefined) return false;
      continue;
    }
    at.push(step);
    const next = targetOf(at.join('/'));
    if (next === undefined) continue;
    links += 1;
    if (links > MAX_LINKS || next.startsWith('/')) return false;
    at.pop();
    steps = [...next.split('/'), ...steps];
  }
  return true;
}
