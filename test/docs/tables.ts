/** Tables of pages that follow from constants of the code; those of the template stand in generated.test.ts. */

import type { Rate } from 'embedded-cloud/quotas';
import { table } from 'embedded-cloud/test-kit/generated.ts';
import * as z from 'zod';
import { EXIT, EXIT_MEANINGS } from '../../lib/agent/exit.ts';
import { DEFAULT_LIMITS } from '../../lib/archive/limits.ts';
import { allowedFrom } from '../../lib/aws/codebuild/allowed.ts';
import { choose } from '../../lib/aws/codebuild/choose.ts';
import {
  COMPUTE_TYPES,
  type ComputeType,
  isComputeTypeName,
  type Size,
} from '../../lib/aws/codebuild/types.ts';
import { STATUS_OF_KIND } from '../../lib/contract/problem.ts';
import { PAGING } from '../../lib/contract/route.ts';

import { LOG_ROUTES } from '../../lib/contract/routes/logs.ts';
import * as Delivery from '../../lib/domain/delivery/record.ts';
import { DEPLOYMENT_TIMEOUT_SECONDS } from '../../lib/domain/deployment/time.ts';
import { FAILURE_CODES } from '../../lib/domain/diagnosis/codes.ts';
import { ARTIFACT_MAX_BYTES } from '../../lib/domain/execution/model/job.ts';
import { DEFAULT_PARALLEL } from '../../lib/domain/execution/model/parallel.ts';
import { RUN_TIMEOUT_SECONDS } from '../../lib/domain/execution/model/time.ts';
import { MAX_JOBS } from '../../lib/domain/execution/plan/expand.ts';
import { KEPT_SECONDS } from '../../lib/domain/idempotency.ts';
import { MACHINE_TYPES, type MachineTypeName } from '../../lib/domain/machine.ts';
import { MANIFEST_MAX_BYTES, MAX_PARALLEL } from '../../lib/domain/manifest/schema.ts';
import { MAX_TIMEOUT_SECONDS } from '../../lib/domain/manifest/values.ts';
import * as Notification from '../../lib/domain/notification/record.ts';
import * as NotificationTime from '../../lib/domain/notification/time.ts';
import { SOURCE_MAX_BYTES } from '../../lib/domain/source/schema.ts';
import { MAX_BODY_BYTES } from '../../lib/http/request.ts';
import { RULES } from '../structure/rooms.ts';

const count = (value: number): string => value.toLocaleString('en-US');
const MIB = 1024 ** 2;
const size = (bytes: number): string =>
  bytes >= 1024 * MIB
    ? `${bytes / (1024 * MIB)} GiB`
    : bytes >= MIB
      ? `${bytes / MIB} MiB`
      : `${bytes / 1024} KiB`;

export function agentExitCodes(): string {
  const rows = Object.entries(EXIT).map(([name, code]) => [
    String(code),
    z.record(z.string(), z.string()).parse(EXIT_MEANINGS)[name] ?? '',
  ]);
  return table(['exit code', 'meaning'], rows);
}

/** What each code of a failure means, and its hint when no rule has a more exact one. */
export const failureCodes = (): string =>
  table(
    ['code', 'meaning', 'what to do'],
    Object.entries(FAILURE_CODES).map(([code, { meaning, hint }]) => [`\`${code}\``, meaning, hint]),
  );

export function computeTypes(): string {
  const starts = { 'at once': 'at once', seconds: 'seconds', 'a minute': 'about a minute' };
  const longest = (seconds: number) =>
    seconds < 3600 ? `${seconds / 60} minutes` : `${seconds / 3600} hours`;
  const machine = (kind: string, { vcpus, memoryGb }: Size) =>
    kind === 'lambda' ? `${memoryGb} GB` : `${vcpus} vCPU, ${memoryGb} GB`;
  const rows = (Object.entries(COMPUTE_TYPES) as [MachineTypeName, ComputeType][])
    .toSorted(([, a], [, b]) => (a.kind < b.kind ? 1 : a.kind > b.kind ? -1 : 0))
    .map(([name, { kind, sizes, starts: start }]) => [
      `\`${name}\``,
      ...[sizes.arm64, sizes.x86_64].flatMap((of) => [machine(kind, of), of.pricePerMinute.toFixed(4)]),
      MACHINE_TYPES[name].images ? 'yes' : 'no',
      longest(Math.min(MACHINE_TYPES[name].longestSeconds, MAX_TIMEOUT_SECONDS)),
      starts[start],
    ]);
  const fleet = [
    '`fleet:<name>`',
    'as the fleet',
    'by the hour',
    '',
    '',
    'yes',
    longest(MAX_TIMEOUT_SECONDS),
  ];
  return table(
    ['compute', 'arm64', '$ a minute', 'x86_64', '$ a minute', 'container images', 'longest', 'starts in'],
    [...rows, [...fleet, 'at once, when a machine is free']],
  );
}

/** A build of two minutes, followed by one person: the machine is the one that it gets when it names none. */
export function costOfABuild(): string {
  const choice = choose({ needsImages: false, timeoutSeconds: 15 * 60 }, allowedFrom(undefined));
  if (!('machine' in choice) || !isComputeTypeName(choice.machine.type))
    throw new Error('The default offer has no compute for a build.');
  const { type, architecture } = choice.machine;
  const price = COMPUTE_TYPES[type].sizes[architecture].pricePerMinute;
  const parts: readonly (readonly [string, string, number])[] = [
    [
      `CodeBuild, \`${type}\`, ${architecture} ([the default](compute.md#the-default))`,
      `2 min × $${price.toFixed(4)}`,
      2 * price,
    ],
    ['Lambda, waiting for log lines', '120 s × 0.5 GB × $0.0000133', 120 * 0.5 * 0.0000133],
    [
      'Lambda, the rest',
      '400 invocations × ($0.0000002 + 0.02 s × 0.5 GB × $0.0000133)',
      400 * (0.0000002 + 0.02 * 0.5 * 0.0000133),
    ],
    ['HTTP API', '180 requests × $0.000001', 180 * 0.000001],
    ['Step Functions', '2 transitions × $0.000025', 2 * 0.000025],
    [
      'DynamoDB',
      '60 writes × 3 units × $0.000000625 + 500 reads × $0.000000125',
      180 * 0.000000625 + 500 * 0.000000125,
    ],
    ['S3', '3 PUT × $0.000005 + 10 GET × $0.0000004', 3 * 0.000005 + 10 * 0.0000004],
    ['EventBridge', '10 events × $0.000001', 10 * 0.000001],
    ['Logs', '0.3 MB of build, function and workflow logs × $0.50 a GB', 0.3 * 0.0005],
  ];
  const total = parts.reduce((sum, [, , amount]) => sum + amount, 0);
  return table(
    ['what', 'arithmetic', '$'],
    [
      ...parts.map(([what, arithmetic, amount]) => [what, arithmetic, amount.toFixed(5)]),
      ['**together**', `a thousand such builds: $${(1000 * total).toFixed(2)}`, `**${total.toFixed(4)}**`],
    ],
  );
}

const mostOf = (schema: z.ZodType): number =>
  z.object({ maximum: z.number() }).parse(z.toJSONSchema(schema, { io: 'output' })).maximum;

/** Where each limit stands. */
const at = (path: string): string => `[\`${path.replace(/^lib\//, '')}\`](../${path})`;

/** @param api requests a second of a route and what it may burst to, by the template */
export function limits(api: Rate): string {
  return table(
    ['what', 'limit', 'where'],
    [
      [
        'body of a request',
        `${size(MAX_BODY_BYTES)}; a larger push event of GitHub is answered with 413`,
        at('lib/http/request.ts'),
      ],
      [
        'source',
        `${size(SOURCE_MAX_BYTES)} packed, ${size(DEFAULT_LIMITS.totalBytes)} and ${count(DEFAULT_LIMITS.entries)} entries unpacked`,
        `${at('lib/domain/source/schema.ts')}, ${at('lib/archive/limits.ts')}`,
      ],
      ['artifact', `${size(ARTIFACT_MAX_BYTES)}, 20 of a service`, at('lib/domain/execution/model/job.ts')],
      [
        'manifest',
        `${size(MANIFEST_MAX_BYTES)}, 50 services, 50 commands each`,
        at('lib/domain/manifest/schema.ts'),
      ],
      [
        'job',
        `${MAX_TIMEOUT_SECONDS / 3600} hours, 15 minutes by default`,
        at('lib/domain/manifest/values.ts'),
      ],
      [
        'run',
        `${RUN_TIMEOUT_SECONDS / 3600} hours, ${MAX_JOBS} jobs, ${DEFAULT_PARALLEL} at once by default (\`max_parallel\`, ${MAX_PARALLEL} at most)`,
        `${at('lib/domain/execution/model/time.ts')}, ${at('lib/domain/execution/plan/expand.ts')}`,
      ],
      [
        'deployment',
        `${DEPLOYMENT_TIMEOUT_SECONDS / 60} minutes; the zip within Lambda's own limits`,
        at('lib/domain/deployment/time.ts'),
      ],
      [
        'API, each route',
        `${count(api.perSecond)} requests a second, bursts of ${count(api.burst)}; the agent's routes bursts of 1,000; health 20 and 40`,
        at('lib/infrastructure/api.ts'),
      ],
      [
        'pages',
        `${count(mostOf(PAGING.limit))} items, ${count(mostOf(LOG_ROUTES.getBuildLogs.query.limit))} log lines`,
        `${at('lib/contract/route.ts')}, ${at('lib/contract/routes/logs.ts')}`,
      ],
      ['projects built by one push', '25 of a repository', at('lib/domain/project/index.ts')],
      ['Idempotency-Key', `kept ${KEPT_SECONDS / 3600} hours`, at('lib/domain/idempotency.ts')],
      [
        'notifications',
        `kept ${Notification.KEPT_SECONDS / 86_400} days; ${NotificationTime.MAX_ATTEMPTS} attempts in 24 hours; an answer within ${NotificationTime.ANSWER_MS / 1000} s`,
        `${at('lib/domain/notification/record.ts')}, ${at('lib/domain/notification/time.ts')}`,
      ],
      ['deliveries', `kept ${Delivery.KEPT_SECONDS / 86_400} days`, at('lib/domain/delivery/record.ts')],
    ],
  );
}

/** How many jobs a run may have, and how many of them run at once. */
export const parallelJobs = (): string =>
  `A run has at most ${MAX_JOBS} jobs. \`max_parallel\`, in the manifest or in the request, sets how many of them run at once: 1 to ${MAX_PARALLEL}, ${DEFAULT_PARALLEL} by default. The request takes precedence.`;

/** Who may import whom: the rules of the structure test. */
export const importRules = (): string =>
  table(
    ['from', 'may import, beside itself and `node:` built-ins'],
    Object.entries(RULES).map(([room, rules]) => [
      `\`${room}\``,
      rules.map((rule) => `\`${rule}\``).join(', '),
    ]),
  );

export const statusesOfErrors = (): string =>
  table(
    ['kind', 'status'],
    Object.entries(STATUS_OF_KIND).map(([kind, status]) => [kind, String(status)]),
  );
