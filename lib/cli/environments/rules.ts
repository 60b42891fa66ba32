/** The rules of an environment: its options on the command line, and how they are shown. */
import { windowIn } from '../../domain/environment/schema.ts';
import type { Environment } from '../api/resources.ts';
import { DURATIONS, durationText, secondsOf } from '../command/duration.ts';
import { choice, integer, list, text, type ValuesOf } from '../command/option.ts';
import { usageFailure } from '../failure/failure.ts';
import { replaced } from './defined.ts';

const YES_NO = ['yes', 'no'] as const;

export const ruleOptions = {
  after: list(
    '--after <environment>',
    'Environment in which a release must have succeeded before; `none` clears',
  ),
  soak: text('--soak <duration>', `How long the release must have served there: ${DURATIONS}`),
  approvals: integer('--approvals <count>', 'Number of people who must approve a deployment; 0: none'),
  approver: list('--approver <role-or-user>', 'Who can approve; `any` restores the default (role deployer)'),
  selfApproval: choice(
    '--self-approval <yes-or-no>',
    'Whether the person who asked for a deployment can approve it (default: no)',
    YES_NO,
  ),
  approvalExpiry: text(
    '--approval-expiry <duration>',
    'When a deployment without approvals is rejected (default: 1d)',
  ),
  freeze: list(
    '--freeze <window>',
    'Time without deployments: "fri 16:00..mon 08:00 Europe/Berlin", or "2026-12-20..2027-01-03"; `none` clears',
  ),
  concurrency: choice(
    '--concurrency <mode>',
    'What a deployment does while another one is in progress (default: reject)',
    ['queue', 'supersede', 'reject'],
  ),
  auto: choice(
    '--auto <yes-or-no>',
    'Whether releases that have succeeded in --after are promoted automatically',
    YES_NO,
  ),
  autoDelay: text('--auto-delay <duration>', 'How long to wait before an automatic promotion'),
  autoCron: text(
    '--auto-cron <pattern>',
    'When automatic promotions begin, as a cron pattern: "0 9 * * mon-fri"; `none` clears',
  ),
  autoZone: text('--auto-zone <zone>', 'Time zone of --auto-cron (default: UTC)'),
} as const;

type Options = ValuesOf<typeof ruleOptions>;
type Rules = Pick<Environment, 'after' | 'soak_seconds' | 'approvals' | 'freeze' | 'concurrency' | 'auto'>;

const isYes = (word: 'yes' | 'no' | undefined, otherwise: boolean): boolean =>
  word === undefined ? otherwise : word === 'yes';

/** The rules for the request: those of the options, and the stored ones for the rest. @throws Failure usage */
export function rulesBody(options: Options, current: Environment | undefined): Partial<Rules> {
  const { concurrency = current?.concurrency, soak } = options;
  const soakSeconds = secondsOf('--soak', soak) ?? current?.soak_seconds;
  const approvals = approvalsOf(options, current?.approvals);
  const auto = autoOf(options, current?.auto);
  return {
    after: replaced(options.after, 'none', current?.after),
    freeze:
      options.freeze.length === 0
        ? (current?.freeze ?? [])
        : options.freeze.filter((word) => word !== 'none').map(windowOf),
    ...(soakSeconds !== undefined && { soak_seconds: soakSeconds }),
    ...(concurrency !== undefined && { concurrency }),
    ...(approvals !== undefined && { approvals }),
    ...(auto !== undefined && { auto }),
  };
}

function approvalsOf(options: Options, before: Rules['approvals']): Rules['approvals'] {
  const { approver, selfApproval, approvalExpiry } = options;
  const required = options.approvals ?? before?.required;
  if (required === undefined || required === 0) {
    if (approver.length > 0 || selfApproval !== undefined || approvalExpiry !== undefined)
      throw usageFailure('The environment requires no approvals.', 'Add --approvals <count>.');
    return undefined;
  }
  return {
    required,
    from: replaced(approver, 'any', before?.from),
    self: isYes(selfApproval, before?.self ?? false),
    expires_seconds: secondsOf('--approval-expiry', approvalExpiry) ?? before?.expires_seconds ?? 86_400,
  };
}

function autoOf(options: Options, before: Rules['auto']): Rules['auto'] {
  const { auto, autoDelay, autoCron: cron = before?.cron, autoZone } = options;
  if (!isYes(auto, before !== undefined)) {
    if (autoDelay !== undefined || options.autoCron !== undefined || autoZone !== undefined)
      throw usageFailure('Releases are not promoted automatically to this environment.', 'Add --auto yes.');
    return undefined;
  }
  return {
    delay_seconds: secondsOf('--auto-delay', autoDelay) ?? before?.delay_seconds ?? 0,
    zone: autoZone ?? before?.zone ?? 'UTC',
    ...(cron !== undefined && cron !== 'none' && { cron }),
  };
}

/** `<from>..<to> [zone]`. The server checks the times and the zone. @throws Failure usage */
function windowOf(input: string): Rules['freeze'][number] {
  const found = windowIn(input);
  if (found === undefined)
    throw usageFailure(
      `--freeze '${input}' is not a valid window.`,
      'Use "fri 16:00..mon 08:00 Europe/Berlin" or "2026-12-20..2027-01-03 Europe/Berlin".',
    );
  return found;
}

/** The lines of `environment show`, for the rules that are set. */
export function ruleLines(environment: Environment): [string, string | undefined][] {
  const { after, soak_seconds: soak, approvals, freeze, concurrency, auto, hold } = environment;
  return [
    [
      'after',
      after.length === 0
        ? undefined
        : `${after.join(', ')}${soak === 0 ? '' : `, for ${durationText(soak)}`}`,
    ],
    ['approvals', approvals && approvalsText(approvals)],
    [
      'frozen',
      freeze
        .map(
          ({ from, to, zone, reason }) =>
            `${from} to ${to} ${zone}${reason === undefined ? '' : ` (${reason})`}`,
        )
        .join('\n') || undefined,
    ],
    ['concurrency', concurrency],
    ['automatic promotion', auto && autoText(auto)],
    ['hold', hold && `${hold.reason} (since ${hold.since}, by ${hold.by})`],
  ];
}

function approvalsText({
  required,
  from,
  self,
  expires_seconds: expires,
}: NonNullable<Rules['approvals']>): string {
  const who = from.length === 0 ? 'users with the role deployer' : from.join(', ');
  return `${required} of ${who}${self ? ', or of the person who asked' : ''}, within ${durationText(expires)}`;
}

function autoText({ delay_seconds: delay, cron, zone }: NonNullable<Rules['auto']>): string {
  const when = cron === undefined ? 'at once' : `at ${cron} (${zone})`;
  return delay === 0 ? when : `${when}, ${durationText(delay)} after the success at the earliest`;
}
