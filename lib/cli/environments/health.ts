/** What a healthy response is: its options on the command line, and how it is shown. */
import type { Environment } from '../api/resources.ts';
import { choice, integer, list, pairs, text, type ValuesOf } from '../command/option.ts';
import { usageFailure } from '../failure/failure.ts';
import { defined } from './defined.ts';

export const healthOptions = {
  healthPath: text(
    '--health-path <path>',
    'Path that must respond before a deployment succeeds, e.g. /health',
  ),
  healthStatus: list(
    '--health-status <status>',
    'Healthy HTTP status (default: 200-299); `default` restores the default',
  ),
  healthFollow: choice('--health-follow <yes-or-no>', 'Whether to follow redirects to the same host', [
    'yes',
    'no',
  ]),
  healthBody: text('--health-body <text>', 'Text that a healthy response contains; `any` clears'),
  healthHeader: pairs('--health-header <name=value>', 'Header of a healthy response'),
  removeHealthHeader: list('--remove-health-header <name>', 'Remove a header from those that are checked'),
  healthMax: integer(
    '--health-max <ms>',
    'Time within which a healthy response is complete, in milliseconds; 0: no limit',
  ),
} as const;

type Options = ValuesOf<typeof healthOptions>;

/** The server refuses values that are not numbers, and names the field. */
function statusesOf(words: readonly string[]): number[] | undefined {
  if (words.length === 0) return undefined;
  if (!words.includes('default')) return words.map(Number);
  if (words.every((word) => word === 'default')) return [];
  throw usageFailure(
    '--health-status default cannot be combined with other statuses.',
    'List every healthy status, or use only `--health-status default` (200-299).',
  );
}

/** For the request: what the options say, and the stored rest. @throws Failure usage */
export function healthBody(options: Options, current: Environment | undefined) {
  const headers: Record<string, string> = { ...current?.health_headers };
  for (const [name, value] of Object.entries(options.healthHeader)) headers[name.toLowerCase()] = value;
  for (const name of options.removeHealthHeader) delete headers[name.toLowerCase()];
  const body = options.healthBody ?? current?.health_body;
  const most = options.healthMax ?? current?.health_max_ms;
  return defined({
    health_path: options.healthPath ?? current?.health_path,
    health_status: statusesOf(options.healthStatus) ?? current?.health_status,
    health_follow:
      options.healthFollow === undefined ? current?.health_follow : options.healthFollow === 'yes',
    health_body: body === 'any' ? undefined : body,
    health_max_ms: most === 0 ? undefined : most,
    health_headers: Object.keys(headers).length === 0 ? undefined : headers,
  });
}

function healthyStatuses({ health_status: statuses, health_follow: follow }: Environment): string {
  const text = statuses.length === 0 ? '200 to 299' : statuses.join(', ');
  return follow ? `${text}, after redirects` : text;
}

export function healthLines(environment: Environment): [string, string | undefined][] {
  const { health_path: path, health_body: body, health_headers: headers, health_max_ms: most } = environment;
  const named = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [
    ['health path', path],
    ['healthy statuses', healthyStatuses(environment)],
    ['healthy body', body === undefined ? undefined : `contains '${body}'`],
    ['healthy headers', named.join('\n') || undefined],
    ['healthy within', most === undefined ? undefined : `${most} ms`],
  ];
}
