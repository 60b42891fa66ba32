/** Which events a subscription asks for: names of the registry, all of a noun (`Run *`), or all (`*`). Pure. */
import type { FieldProblem } from '../error.ts';
import { nearest } from '../validation/nearest.ts';

/** Events that can be asked for, by their names. */
export interface SubscribableEvents {
  readonly names: readonly string[];
  /** Those among them that belong to a project. */
  readonly ofProjects: readonly string[];
}

export function isAskedFor(patterns: readonly string[], name: string): boolean {
  return patterns.some(
    (pattern) =>
      pattern === '*' ||
      pattern === name ||
      (pattern.endsWith(' *') && name.startsWith(pattern.slice(0, -'*'.length))),
  );
}

/** What is wrong with each pattern: it matches no event, or none that this subscription could ever get. */
export function flawsOf(
  patterns: readonly string[],
  { names, ofProjects }: SubscribableEvents,
  isOfProject: boolean,
): FieldProblem[] {
  return patterns.flatMap((pattern, index) => {
    const message = flawOf(pattern);
    return message === undefined ? [] : [{ field: `events.${index}`, message }];
  });

  function flawOf(pattern: string): string | undefined {
    const matched = names.filter((name) => isAskedFor([pattern], name));
    if (matched.length === 0) {
      const nouns = [...new Set(names.map((name) => `${name.split(' ')[0]} *`))];
      const meant = nearest(pattern, [...names, ...nouns]);
      const hint =
        meant === undefined
          ? `Use a name from docs/events.md, ${nouns.join(', ')} or *.`
          : `Did you mean ${meant}?`;
      return `matches no event. ${hint}`;
    }
    if (isOfProject && !matched.some((name) => ofProjects.includes(name)))
      return 'belongs to no project: only a subscription of the whole installation gets it.';
    return undefined;
  }
}
