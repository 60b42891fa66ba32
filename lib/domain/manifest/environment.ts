/** An environment as the manifest writes it: with durations and windows as people write them, and the target as in the API. */
import * as z from 'zod';
import { isObject } from '../canonical.ts';
import { windowIn } from '../environment/freeze-text.ts';
import { Health } from '../environment/health.ts';
import { Approvals, Auto, Concurrency, Rules } from '../environment/rules.ts';
import { PutEnvironment } from '../environment/schema.ts';
import { JobSettings } from '../target/command.ts';
import { check } from '../validation/findings.ts';
import { Name } from '../values.ts';

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
const WRITTEN = /^\d{1,5}(s|m|h|d)$/;
const secondsOf = (text: string): number => Number.parseInt(text, 10) * (UNITS[text.at(-1) ?? ''] ?? 1);

/** `30m`, `12h`, `7d`, or a number of seconds. What the API calls `…_seconds`, which also has its limit. */
const Span = z.union([
  z.int().min(0),
  z.string().regex(WRITTEN, 'must be a number of seconds or such as 90s, 30m, 12h, 7d').transform(secondsOf),
]);

const Fields = z.strictObject({
  target: z
    .looseObject({ kind: z.string().min(1).describe('The kind of target, such as lambda.') })
    .describe(
      'What is deployed to, with the fields of a target of the API. Durations can be written as 30m.',
    ),
  service: Name.optional().describe('The service that is deployed here; not needed if there is one.'),
  variables: PutEnvironment.shape.variables.describe(
    'Environment variables of what is deployed. Not for secrets.',
  ),
  health_path: PutEnvironment.shape.health_path.describe(
    'The path that must respond before a deployment succeeds.',
  ),
  health_status: Health.shape.health_status.describe('Healthy statuses, in place of 200 to 299.'),
  health_follow: Health.shape.health_follow.describe('Whether redirects to the same host are followed.'),
  health_body: Health.shape.health_body.describe('Text that the body of a healthy response contains.'),
  health_headers: Health.shape.health_headers.describe('Headers that a healthy response has.'),
  health_max_ms: Health.shape.health_max_ms.describe('Milliseconds that a healthy response may take.'),
  test: z
    .strictObject({
      commands: JobSettings.shape.commands.describe('Commands, run in order; the first that fails fails it.'),
      secrets: JobSettings.shape.secrets.describe("Names of the project's secrets that commands get."),
      compute: JobSettings.shape.compute.describe('The machine, as that of a service.'),
      architecture: JobSettings.shape.architecture.describe('arm64 or x86_64.'),
      timeout: Span.optional().describe('Time limit of all commands together; by default 30m.'),
    })
    .optional()
    .describe('Commands that test a new version before it gets traffic.'),
  after: Rules.shape.after.describe('Environments in which a release must have succeeded before.'),
  soak: Span.default(0).describe('How long a release must have served there.'),
  approvals: z
    .strictObject({
      required: Approvals.shape.required.describe('How many people must approve a deployment.'),
      from: Approvals.shape.from.describe('Roles and names of users who can approve; by default deployer.'),
      self: Approvals.shape.self.describe('Whether the person who asked for the deployment can approve it.'),
      expires: Span.optional().describe(
        'When a deployment without its approvals is rejected; by default 1d.',
      ),
    })
    .optional()
    .describe('Who must approve deployments.'),
  freeze: z
    .array(
      z
        .string()
        .max(200)
        .regex(
          /^[A-Za-z0-9][A-Za-z0-9: -]*\.\.[A-Za-z0-9][A-Za-z0-9: _+/-]*$/,
          'must be such as fri 16:00..mon 08:00 Europe/Berlin',
        ),
    )
    .max(20)
    .default([])
    .describe('Times without deployments: fri 16:00..mon 08:00 Europe/Berlin, or 2026-12-20..2027-01-03.'),
  concurrency: Concurrency.default('reject').describe(
    'What a deployment does while another one is in progress: queue, supersede or reject.',
  ),
  auto: z
    .union([
      z.literal(true),
      z.strictObject({
        delay: Span.default(0).describe('How long to wait after the success in the environments of after.'),
        cron: Auto.shape.cron.describe('When automatic promotions begin, as a cron pattern.'),
        zone: Auto.shape.zone.describe('The time zone of the cron pattern.'),
      }),
    ])
    .optional()
    .describe(
      'Promotes releases that have succeeded in after automatically: true, or with a delay or schedule.',
    ),
});
type Written = z.output<typeof Fields>;

/** As the API takes it, not checked. */
function asInput(written: Written): unknown {
  const { target, test, soak, approvals, freeze, auto, ...same } = written;
  return {
    ...same,
    target: withSeconds(target),
    ...(test !== undefined && { test: renamed(test, 'timeout') }),
    soak_seconds: soak,
    freeze: freeze.map(windowIn).filter((window) => window !== undefined),
    ...(approvals !== undefined && { approvals: renamed(approvals, 'expires') }),
    ...(auto !== undefined && { auto: auto === true ? {} : renamed(auto, 'delay') }),
  };
}

const renamed = ({ ...fields }: Readonly<Record<string, unknown>>, name: string): object => {
  const { [name]: seconds, ...rest } = fields;
  return { ...rest, ...(seconds !== undefined && { [`${name}_seconds`]: seconds }) };
};

/** Of a target: `timeout: 10s` is `timeout_seconds: 10`. */
function withSeconds(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSeconds);
  if (!isObject(value)) return value;
  const members = Object.entries(value).map(([name, member]) =>
    typeof member === 'string' && WRITTEN.test(member)
      ? [`${name}${SECONDS}`, secondsOf(member)]
      : [name, withSeconds(member)],
  );
  return Object.fromEntries(members);
}

const SECONDS = '_seconds';

/** Where a field of the API is written: `soak_seconds` as `soak`; what has no place of its own, at what is around it. */
function pathIn(written: unknown, path: readonly PropertyKey[]): PropertyKey[] {
  const found: PropertyKey[] = [];
  let at: unknown = written;
  for (const step of path) {
    if (typeof at !== 'object' || at === null) break;
    const short = String(step).replace(/_seconds$/, '');
    const name = Object.hasOwn(at, step) || !Object.hasOwn(at, short) ? step : short;
    found.push(name);
    at = Reflect.get(at, name);
  }
  return found;
}

export const ManifestEnvironment = Fields.superRefine((written, context) => {
  const checked = check(PutEnvironment, asInput(written), { syntax: 'yaml' });
  for (const { path, reason } of 'findings' in checked ? checked.findings : [])
    context.addIssue({ code: 'custom', path: pathIn(written, path), message: reason });
});
export type ManifestEnvironment = z.infer<typeof ManifestEnvironment>;

/** What the API takes for the same. */
export const inputOf = (written: ManifestEnvironment): PutEnvironment =>
  PutEnvironment.parse(asInput(written));

/** 20: as many as an environment can come after. */
const MAX_ENVIRONMENTS = 20;

export const ManifestEnvironments = z.record(Name, ManifestEnvironment).superRefine((all, context) => {
  if (Object.keys(all).length > MAX_ENVIRONMENTS)
    context.addIssue({ code: 'custom', message: `must name at most ${MAX_ENVIRONMENTS} environments` });
  const ordered = new Set(inOrderOf(all));
  for (const name of Object.keys(all).filter((one) => !ordered.has(one)))
    context.addIssue({
      code: 'custom',
      path: [name, 'after'],
      message: 'must not lead back to the environment itself',
    });
});

/** Each after those that it comes after; without those of a circle. */
export function inOrderOf(all: Readonly<Record<string, { readonly after: readonly string[] }>>): string[] {
  const found = new Set<string>();
  for (let size = -1; size !== found.size; ) {
    size = found.size;
    for (const [name, { after }] of Object.entries(all))
      if (after.every((other) => found.has(other) || !Object.hasOwn(all, other))) found.add(name);
  }
  return [...found];
}
