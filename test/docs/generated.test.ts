/**
 * Parts of pages that follow from the code: what stands between `<!-- generated: name -->` and `<!-- end -->` is what the
 * code says now. `npx vitest run test/docs/generated.test.ts -u` writes them anew.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { table, withGenerated } from 'embedded-cloud/test-kit/generated.ts';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { OPERATIONS } from '../../bench/capacity.ts';
import { LEAST, type Least, type Meter } from '../../bench/price/least.ts';
import { PRICES } from '../../bench/price/prices.ts';
import { DEPLOYMENT_LIFECYCLE } from '../../lib/domain/deployment/schema.ts';
import { JOB_LIFECYCLE, RUN_LIFECYCLE } from '../../lib/domain/execution/model/run.ts';
import { ID_PREFIXES } from '../../lib/domain/id.ts';
import type { Lifecycle } from '../../lib/domain/lifecycle.ts';
import { type Infrastructure, infrastructure } from '../infrastructure/template.ts';
import { RULES } from '../structure/rooms.ts';
import { eventsPage } from './events.ts';
import { functionPermissions } from './needs.ts';
import { retries } from './retries.ts';
import {
  agentExitCodes,
  computeTypes,
  costOfABuild,
  failureCodes,
  importRules,
  limits,
  parallelJobs,
  statusesOfErrors,
} from './tables.ts';

const DOCS = join(import.meta.dirname, '..', '..', 'docs');
const HASH = /[0-9A-F]{8}$/;

type Write = (stack: Infrastructure) => string;

function lifecycle(states: Lifecycle<string>): string {
  const lines = Object.entries(states).flatMap(([from, next]) =>
    next.length === 0 ? [`${from} --> [*]`] : next.map((to) => `${from} --> ${to}`),
  );
  return [
    '```mermaid',
    'stateDiagram-v2',
    ...['[*] --> pending', ...lines].map((line) => `  ${line}`),
    '```',
  ].join('\n');
}

/** The functions' descriptions by the log group that each writes to. */
function writers({ of }: Infrastructure): ReadonlyMap<string, string> {
  const Logging = z.object({
    Description: z.string(),
    LoggingConfig: z.object({ LogGroup: z.object({ Ref: z.string() }) }),
  });
  return new Map(
    of('AWS::Lambda::Function').map(([, { Properties }]) => {
      const { Description, LoggingConfig } = Logging.parse(Properties);
      return [LoggingConfig.LogGroup.Ref, Description];
    }),
  );
}

const logGroups: Write = (stack) => {
  const Group = z.object({ LogGroupName: z.string().optional(), RetentionInDays: z.int() });
  const functions = writers(stack);
  const others = (name: string) => {
    if (name.endsWith('/api'))
      return 'one JSON line a request: id, route, status, latency, error of API Gateway';
    if (name.includes('/workflows/')) return "the workflow's own events, without inputs and outputs";
    return 'what builds printed';
  };
  const rows = stack.of('AWS::Logs::LogGroup').map(([id, { Properties }]) => {
    const { LogGroupName, RetentionInDays } = Group.parse(Properties);
    const name = LogGroupName ?? `Staithe-${id.replace(HASH, '')}`;
    return [`\`${name}\``, functions.get(id) ?? others(name), `${RetentionInDays} days`];
  });
  return table(
    ['log group begins with', 'what is in it', 'kept'],
    rows.toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1)),
  );
};

const alarms: Write = ({ of }) => {
  const Alarm = z.object({ AlarmDescription: z.string(), Threshold: z.number() });
  const rows = of('AWS::CloudWatch::Alarm').map(([id, { Properties }]) => {
    const { AlarmDescription } = Alarm.parse(Properties);
    const [, what = '', section = ''] =
      /^(.*)\. What to do: docs\/operations\.md#(.*)$/.exec(AlarmDescription) ?? [];
    return [`\`Staithe-${id.replace(HASH, '')}\``, what, `[${section.replaceAll('-', ' ')}](#${section})`];
  });
  return table(['alarm begins with', 'when', 'what to do'], rows);
};

const kept: Write = ({ json }) => {
  const rows = Object.entries(json.Resources)
    .filter(([, { DeletionPolicy }]) => DeletionPolicy?.startsWith('Retain'))
    .map(([id, { Type, DeletionPolicy }]) => [
      `\`${id.replace(HASH, '')}\``,
      Type,
      DeletionPolicy === 'Retain' ? 'yes' : 'no',
      HOW_TO_REMOVE[Type] ?? missing(`HOW_TO_REMOVE has no instruction for ${Type}, which ${id} is.`),
    ]);
  return table(['resource', 'type', 'also after a failed first deployment', 'how to remove it'], rows);
};

/** By type: how an operator removes a resource that outlives the stack. */
const HOW_TO_REMOVE: Readonly<Record<string, string>> = {
  'AWS::DynamoDB::Table':
    '`aws dynamodb update-table --table-name <table> --no-deletion-protection-enabled`, then `aws dynamodb delete-table --table-name <table>`',
  'AWS::S3::Bucket': '_Empty_ in the S3 console, which deletes all versions, then _Delete_',
};

function missing(what: string): never {
  throw new Error(what);
}

const limitsOfStack: Write = ({ of }) => {
  const Stage = z.object({
    DefaultRouteSettings: z.object({ ThrottlingBurstLimit: z.number(), ThrottlingRateLimit: z.number() }),
  });
  const [stage] = of('AWS::ApiGatewayV2::Stage').map(([, { Properties }]) => Stage.parse(Properties));
  if (stage === undefined) throw new Error('The template has no stage.');
  const { ThrottlingBurstLimit: burst, ThrottlingRateLimit: perSecond } = stage.DefaultRouteSettings;
  return limits({ burst, perSecond });
};

const leastOfABuild: Write = () => {
  const rows = Object.entries(PRICES).map(([meter, each]) => {
    const { least, reason }: Least = LEAST[meter as Meter];
    return least === undefined
      ? [meter, 'not bounded', '', reason]
      : [meter, String(least), (least * each * 1000).toFixed(4), reason];
  });
  const sum = rows.reduce((total, [, , dollars]) => total + Number(dollars), 0);
  return table(
    ['meter', 'least', '$ for 1,000 builds', 'why not less'],
    [...rows, ['sum', '', sum.toFixed(4), '']],
  );
};

const PAGES: Readonly<Record<string, Readonly<Record<string, Write>>>> = {
  'operations.md': {
    alarms,
    'log groups': logGroups,
    'kept resources': kept,
    'cost of a build': costOfABuild,
    limits: limitsOfStack,
    retries,
  },
  'builds.md': { 'parallel jobs': parallelJobs },
  'security.md': { 'permissions of functions': functionPermissions },
  'benchmarks.md': { 'least of a build': leastOfABuild },
  'compute.md': { 'compute types': computeTypes },
  'events.md': { events: eventsPage },
  'diagnosis.md': { 'failure codes': failureCodes, "the agent's exit codes": agentExitCodes },
  'architecture.md': {
    'import rules': importRules,
    'statuses of errors': statusesOfErrors,
    'lifecycle of runs': () => lifecycle(RUN_LIFECYCLE),
    'lifecycle of jobs': () => lifecycle(JOB_LIFECYCLE),
    'lifecycle of deployments': () => lifecycle(DEPLOYMENT_LIFECYCLE),
  },
};

test.each(Object.keys(PAGES))('what %s generates from the code is what the code says', async (page) => {
  const file = join(DOCS, page);
  const stack = await infrastructure();
  const parts = Object.entries(PAGES[page] ?? {}).map(([name, write]) => [name, write(stack)] as const);

  const text = withGenerated(readFileSync(file, 'utf8'), Object.fromEntries(parts));

  await expect(text).toMatchFileSnapshot(file);
});

test('docs/benchmarks.md has for each operation the least that the bench holds it to, and no operation asks for more', () => {
  const lines = readFileSync(join(DOCS, 'benchmarks.md'), 'utf8').split('\n');

  for (const { name, least, reason } of OPERATIONS) {
    const units = `${least[0]} + ${least[1]}`;
    const [, , measured, ...rest] = lines.find((line) => line.startsWith(`| ${name} | `))?.split(' | ') ?? [];
    expect([measured, ...rest].join(' | '), name).toBe(`${units} | ${units} | ${reason} |`);
  }
});

test('docs/architecture.md has every kind of id with its prefix, and every room', () => {
  const text = readFileSync(join(DOCS, 'architecture.md'), 'utf8');
  const cells = text.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
  const rowOf = (first: RegExp) => cells.find(([, cell = '']) => first.test(cell)) ?? [];

  for (const [kind, prefix] of Object.entries(ID_PREFIXES))
    expect(rowOf(new RegExp(`^${kind}$`))).toContain(`\`${prefix}_…\``);
  for (const room of Object.keys(RULES))
    expect(rowOf(new RegExp(`^\\[\`${room}\`\\]`)), room).not.toEqual([]);
});
