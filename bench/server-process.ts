/** The process that a bench measures: `server-process.ts <assembly> <state>`. Ends when its parent lets go of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startCloud } from 'embedded-cloud';
import type { DynamodbService } from 'embedded-cloud/dynamodb';
import type { Service } from 'embedded-cloud/services';
import * as z from 'zod';
import { connect } from '../lib/start/connection.ts';
import type { Answer, CallCount, CapacityUse, Ready } from './messages.ts';

const Template = z.object({ Resources: z.record(z.string(), z.object({ Type: z.string() })) });

const [, , assembly = '', state = ''] = process.argv;
const calls = new Map<string, CallCount>();
let counting = false;
const cloud = await startCloud({
  assembly,
  stateDir: join(state, 'cloud'),
  log: () => undefined,
  // As `npm start` does: nobody else shares this log store's limit.
  parameters: { LogReadsPerSecond: '100' },
  onCall: ({ action, resource, principal }) => {
    if (!counting) return;
    const key = `${action} ${resource} ${principal.arn}`;
    const seen = calls.get(key) ?? { action, resource, principal: principal.arn, count: 0 };
    calls.set(key, { ...seen, count: seen.count + 1 });
  },
});
const { url, token } = await connect(cloud, state);

let uses: CapacityUse[] | undefined;
const dynamodb = cloud.cloud.service('dynamodb');

function isDynamodb(service: Service): service is DynamodbService {
  return 'onCapacity' in service;
}

/** The first resource of a type: the stack's one table, and the bucket that is not for access logs. */
function named(type: string): string {
  const text = readFileSync(join(assembly, 'Staithe.template.json'), 'utf8');
  const [id] =
    Object.entries(Template.parse(JSON.parse(text)).Resources).find(([, { Type }]) => Type === type) ?? [];
  if (id === undefined) throw new Error(`The template has no ${type}.`);
  return cloud.resource(id).ref;
}

process.on('message', (question) => {
  const answer: Answer = {};
  if (question === 'memory') answer.peakBytes = process.resourceUsage().maxRSS * 1024;
  if (question === 'capacity') {
    // Counted from the first question on: counting costs a little.
    if (uses === undefined && isDynamodb(dynamodb)) dynamodb.onCapacity((use) => uses?.push(use));
    answer.uses = uses ?? [];
    uses = [];
  }
  if (question === 'calls') {
    answer.calls = [...calls.values()];
    calls.clear();
    counting = true;
  }
  process.send?.(answer);
});
process.once('disconnect', () => void cloud.stop().then(() => process.exit()));

const ready: Ready = {
  url,
  token,
  endpoint: cloud.endpoint,
  region: cloud.cloud.region,
  operator: cloud.operator,
  table: named('AWS::DynamoDB::Table'),
  bucket: named('AWS::S3::Bucket'),
};
process.send?.(ready);
