/** The rules of an environment: what must hold before a deployment to it begins. */
import * as z from 'zod';
import { ROLES, Role } from '../access/role.ts';
import { title } from '../text.ts';
import { Name, Timestamp } from '../values.ts';
import { flawOfCron } from './schedule.ts';
import { isZone } from './zone.ts';

/** 30 days: who waits longer for a release to prove itself decides by hand. */
const MAX_SOAK_SECONDS = 30 * 86_400;
/** As long: what nobody has approved by then is decided anew. */
const MAX_EXPIRY_SECONDS = 30 * 86_400;
const DAY_SECONDS = 86_400;
/** 10 persons who must agree, and 20 environments, rules and names to choose from: a list that one can still read. */
const MAX_REQUIRED = 10;
const MAX_LISTED = 20;

const unique = (names: readonly string[]) => new Set(names).size === names.length;

/** How many people must approve, and who may. */
export const Approvals = z.strictObject({
  required: z.int().min(1).max(MAX_REQUIRED),
  /** Roles and names of users; anyone with the role deployer in this environment when empty. */
  from: z
    .array(z.union([z.enum(ROLES), Name]))
    .max(MAX_LISTED)
    .refine(unique, 'must not repeat a name')
    .default([])
    .meta({ examples: [['admin', 'anna']] }),
  /** Whether who asked for the deployment may approve it too. */
  self: z.boolean().default(false),
  /** Seconds after which a deployment that still lacks approvals is rejected. */
  expires_seconds: z.int().min(60).max(MAX_EXPIRY_SECONDS).default(DAY_SECONDS),
});
export type Approvals = z.infer<typeof Approvals>;

const Zone = z
  .string()
  .max(64)
  .refine(isZone, 'must be a time zone of the IANA database, such as Europe/Berlin')
  .default('UTC')
  .meta({ examples: ['Europe/Berlin'] });

/** `fri 16:00`: a moment of each week. */
const WeeklyTime = z
  .string()
  .regex(
    /^(mon|tue|wed|thu|fri|sat|sun) ([01]\d|2[0-3]):[0-5]\d$/,
    'must be a weekday and a time of 24 hours, such as fri 16:00',
  )
  .meta({ examples: ['fri 16:00'] });

/** `2026-12-20` or `2026-12-20T18:00`, in the zone of the window. */
const LocalTime = z
  .union([z.iso.date(), z.iso.datetime({ local: true, offset: false, precision: -1 })])
  .meta({ examples: ['2026-12-20', '2026-12-20T18:00'] });

/** Shown to whoever waits. */
const reason = title(200);

const Weekly = z
  .strictObject({
    every_week: z.literal(true),
    from: WeeklyTime,
    to: WeeklyTime,
    zone: Zone,
    reason: reason.optional(),
  })
  .refine(({ from, to }) => from !== to, { message: 'must differ from `from`', path: ['to'] });

const Dated = z
  .strictObject({
    every_week: z.literal(false).default(false),
    from: LocalTime,
    to: LocalTime,
    zone: Zone,
    reason: reason.optional(),
  })
  .refine(({ from, to }) => from < to, { message: 'must be after `from`', path: ['to'] });

/** A time in which nothing is deployed: one of every week, or one between two dates; `to` is the first moment after it. */
export const FreezeWindow = z.union([Weekly, Dated]);
export type FreezeWindow = z.infer<typeof FreezeWindow>;

/**
 * What a deployment does while another one is in progress: waits for its turn (`queue`), waits and takes the place of those
 * that wait already (`supersede`), or is refused (`reject`).
 */
export const Concurrency = z.enum(['queue', 'supersede', 'reject']);
export type Concurrency = z.infer<typeof Concurrency>;

/** Five fields of numbers, lists, ranges and steps, or `@daily` and its like; what they say is checked by croner. */
const Cron = z
  .string()
  .max(100)
  .regex(/^[\w*,/#?@ -]+$/, 'must be a cron pattern such as 0 9 * * mon-fri')
  .meta({ examples: ['0 9 * * mon-fri'] });

/** When a release that has become eligible is promoted by itself: at once, after a while, or at the next time of a schedule. */
export const Auto = z
  .strictObject({
    delay_seconds: z.int().min(0).max(MAX_SOAK_SECONDS).default(0),
    cron: Cron.optional(),
    /** Of the schedule. */
    zone: Zone,
  })
  .superRefine(({ cron, zone }, context) => {
    const flaw = cron === undefined ? undefined : flawOfCron(cron, zone);
    if (flaw !== undefined) context.addIssue({ code: 'custom', path: ['cron'], message: flaw });
  });
export type Auto = z.infer<typeof Auto>;

/** The rules that a caller sets. */
export const Rules = z.object({
  /** Environments in which a release must have succeeded before. */
  after: z
    .array(Name)
    .max(MAX_LISTED)
    .refine(unique, 'must not repeat a name')
    .default([])
    .meta({ examples: [['test']] }),
  /** Seconds that a release must have served there. */
  soak_seconds: z.int().min(0).max(MAX_SOAK_SECONDS).default(0),
  approvals: Approvals.optional(),
  freeze: z.array(FreezeWindow).max(MAX_LISTED).default([]),
  concurrency: Concurrency.default('reject'),
  /** Promotes releases that have succeeded in all of `after` by itself. */
  auto: Auto.optional(),
});
export type Rules = z.infer<typeof Rules>;

/** Automatic promotions are held, since a version was taken back or somebody said so. */
export const Hold = z.object({ reason: z.string(), since: Timestamp, by: z.string() });
export type Hold = z.infer<typeof Hold>;

/** Refuses rules that would never be met, or would have no effect. */
export function assertEffective(rules: Rules, context: z.RefinementCtx): void {
  const { after, soak_seconds: soak, auto, approvals } = rules;
  const complain = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
  if (after.length === 0 && soak > 0)
    complain(
      ['soak_seconds'],
      'has no effect without `after`: name the environments in which a release soaks',
    );
  if (after.length === 0 && auto !== undefined)
    complain(
      ['auto'],
      'has no effect without `after`: name the environments in which a release succeeds first',
    );
  if (approvals === undefined || approvals.from.length === 0) return;
  const names = approvals.from.filter((entry) => !Role.safeParse(entry).success);
  if (names.length === approvals.from.length && names.length < approvals.required)
    complain(['approvals', 'from'], `must name at least ${approvals.required} users, or a role`);
}
