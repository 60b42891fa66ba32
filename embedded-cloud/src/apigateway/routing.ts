/**
 * Which route a request takes: the most specific one that fits
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html#http-api-develop-routes.evaluation).
 */
import type { Route } from './model.ts';

export interface Match {
  readonly route: Route;
  readonly parameters: Readonly<Record<string, string>>;
}

/** @param path decoded, without the stage */
export function findRoute(routes: Iterable<Route>, method: string, path: string): Match | undefined {
  const segments = path.split('/').slice(1);
  let best: { match: Match; rank: string } | undefined;
  for (const route of routes) {
    if (route.method !== undefined && route.method !== 'ANY' && route.method !== method) continue;
    const parameters = route.path === undefined ? {} : matchPath(route.path, segments);
    if (!parameters) continue;
    const rank = rankOf(route);
    if (!best || rank < best.rank) best = { match: { route, parameters }, rank };
  }
  return best?.match;
}

function matchPath(template: string, segments: readonly string[]): Record<string, string> | undefined {
  const parts = template.split('/').slice(1);
  const parameters: Record<string, string> = {};
  for (const [index, part] of parts.entries()) {
    const [, name, greedy] = /^\{([^}+]+)(\+?)\}$/.exec(part) ?? [];
    if (name !== undefined && greedy) {
      const rest = segments.slice(index).join('/');
      if (rest === '') return undefined;
      return { ...parameters, [name]: rest };
    }
    const segment = segments[index];
    if (segment === undefined || (name === undefined ? segment !== part : segment === '')) return undefined;
    if (name !== undefined) parameters[name] = segment;
  }
  return parts.length === segments.length ? parameters : undefined;
}

/**
 * Sorts the most specific route first: segment by segment a literal (`0`) goes before a parameter (`1`), and that
 * before a greedy one (`2`); then a method before ANY; `$default` (`9`) comes last.
 */
function rankOf(route: Route): string {
  if (route.path === undefined) return '9';
  const kinds = route.path
    .split('/')
    .slice(1)
    .map((part) => (part.startsWith('{') ? (part.endsWith('+}') ? '2' : '1') : '0'));
  return `${kinds.join('')} ${route.method === 'ANY' ? '1' : '0'}`;
}
