/**
 * Which route a request takes: the most specific one that fits
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html#http-api-develop-routes.evaluation).
 */
import type { Route } from './model.ts';

export interface Match {
  readonly route: Route;
  readonly parameters: Readonly<Record<string, string>>;
}

interface Pattern {
  readonly route: Route;
  /** Sorts the most specific route first. */
  readonly rank: string;
  /** Undefined for `$default`, which fits every path. */
  readonly parts: readonly Part[] | undefined;
}

/** A segment of a route's path: a literal, or a parameter, which is greedy as `{name+}`. */
type Part = { readonly literal: string } | { readonly name: string; readonly greedy: boolean };

/** Routes as they are matched, by the route. A template's routes stay as they are while it runs. */
const patterns = new WeakMap<Route, Pattern>();

/** @param path decoded, without the stage */
export function findRoute(routes: Iterable<Route>, method: string, path: string): Match | undefined {
  const segments = path.split('/').slice(1);
  let best: { pattern: Pattern; parameters: Match['parameters'] } | undefined;
  for (const route of routes) {
    if (route.method !== undefined && route.method !== 'ANY' && route.method !== method) continue;
    const pattern = patternOf(route);
    if (best && best.pattern.rank <= pattern.rank) continue;
    const parameters = pattern.parts === undefined ? {} : matchPath(pattern.parts, segments);
    if (parameters) best = { pattern, parameters };
  }
  return best && { route: best.pattern.route, parameters: best.parameters };
}

function patternOf(route: Route): Pattern {
  const known = patterns.get(route);
  if (known !== undefined) return known;
  const parts = route.path?.split('/').slice(1).map(partOf);
  const pattern = { route, rank: rankOf(route.method, parts), parts };
  patterns.set(route, pattern);
  return pattern;
}

function partOf(segment: string): Part {
  const [, name, greedy] = /^\{([^}+]+)(\+?)\}$/.exec(segment) ?? [];
  return name === undefined ? { literal: segment } : { name, greedy: greedy !== '' };
}

function matchPath(parts: readonly Part[], segments: readonly string[]): Record<string, string> | undefined {
  const last = parts.at(-1);
  const greedy = last !== undefined && 'name' in last && last.greedy;
  if (greedy ? segments.length < parts.length : segments.length !== parts.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, part] of parts.entries()) {
    const segment = segments[index] ?? '';
    if ('literal' in part) {
      if (segment !== part.literal) return undefined;
      continue;
    }
    const value = part.greedy ? segments.slice(index).join('/') : segment;
    if (value === '') return undefined;
    parameters[part.name] = value;
    if (part.greedy) return parameters;
  }
  return parameters;
}

/**
 * Segment by segment a literal (`0`) goes before a parameter (`1`), and that before a greedy one (`2`); then a method
 * before ANY; `$default` (`9`) comes last.
 */
function rankOf(method: string | undefined, parts: readonly Part[] | undefined): string {
  if (parts === undefined) return '9';
  const kinds = parts.map((part) => ('literal' in part ? '0' : part.greedy ? '2' : '1'));
  return `${kinds.join('')} ${method === 'ANY' ? '1' : '0'}`;
}
