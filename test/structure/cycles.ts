/** Import cycles, at each level of a tree of folders. */

export interface Cycle {
  /** The folder whose children import each other in a circle. */
  readonly parent: string;
  /** Its children on the circle: files, and folders that stand for all that is in them. */
  readonly children: readonly string[];
  /** For each child, one import that leads to the next. */
  readonly imports: readonly string[];
}

/**
 * The rule: within each folder, the files and the subfolders (each subfolder with all that is in it as one) import one
 * another without a circle. A circle of files is a circle of the children of the folder that holds them all.
 * @param graph for each file what it imports, as paths from one root
 * @returns one cycle for each group of children that reach each other
 */
export function cyclesOf(graph: ReadonlyMap<string, readonly string[]>): Cycle[] {
  const levels = new Map<string, Map<string, Map<string, string>>>();
  for (const [file, targets] of graph)
    for (const target of targets) {
      if (!graph.has(target) || target === file) continue;
      const { parent, from, to } = whereTheyPart(file, target);
      const edges = levels.get(parent) ?? new Map<string, Map<string, string>>();
      levels.set(parent, edges);
      const next = edges.get(from) ?? new Map<string, string>();
      edges.set(from, next);
      if (!next.has(to)) next.set(to, `${file} imports ${target}`);
    }
  return [...levels].flatMap(([parent, edges]) =>
    groupsOf(edges).map((group) => {
      const children = circleIn(group, edges);
      const imports = children.map(
        (child, at) => edges.get(child)?.get(children[(at + 1) % children.length] ?? '') ?? '',
      );
      return { parent, children, imports };
    }),
  );
}

/** The lowest folder that holds both, and the child of it in which each is. */
function whereTheyPart(file: string, target: string) {
  const [a, b] = [file.split('/'), target.split('/')];
  let depth = 0;
  while (a[depth] === b[depth]) depth += 1;
  return {
    parent: a.slice(0, depth).join('/'),
    from: a.slice(0, depth + 1).join('/'),
    to: b.slice(0, depth + 1).join('/'),
  };
}

type Edges = ReadonlyMap<string, ReadonlyMap<string, string>>;

function reachable(start: string, edges: Edges): Set<string> {
  const seen = new Set<string>();
  const open = [start];
  for (let node = open.pop(); node !== undefined; node = open.pop())
    for (const next of edges.get(node)?.keys() ?? [])
      if (!seen.has(next)) {
        seen.add(next);
        open.push(next);
      }
  return seen;
}

/** The nodes that reach each other, group by group (the strongly connected components of more than one node). */
function groupsOf(edges: Edges): string[][] {
  const reach = new Map([...edges.keys()].map((node) => [node, reachable(node, edges)]));
  const groups = new Map<string, string[]>();
  for (const [node, found] of reach) {
    if (!found.has(node)) continue;
    const group = [...found].filter((other) => reach.get(other)?.has(node)).sort();
    groups.set(group.join(), group);
  }
  return [...groups.values()];
}

/** The shortest circle through the first node of a group. */
function circleIn(group: readonly string[], edges: Edges): string[] {
  const [start = ''] = group;
  const paths = [[start]];
  for (const path of paths)
    for (const next of edges.get(path.at(-1) ?? '')?.keys() ?? []) {
      if (next === start) return path;
      if (group.includes(next) && !paths.some((other) => other.includes(next))) paths.push([...path, next]);
    }
  return [start];
}
