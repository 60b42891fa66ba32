/**
 * CloudWatch of the embedded cloud: metrics of programs and of the cloud's own services, and alarms over them.
 *
 * - `store.ts`, `statistics.ts`: what is kept of the data, and what can be told of them
 * - `query.ts`, `expression.ts`, `read.ts`: reading them
 * - `alarm.ts`, `evaluate.ts`, `alarms.ts`, `alarm-actions.ts`: alarms
 */
import { z } from 'zod';
import { openDatabase } from '../database.ts';
import type { Cloud, ResourceProvider, Service } from '../service.ts';
import { readAlarm } from './alarm.ts';
import { alarmActions, alarmArn } from './alarm-actions.ts';
import { Alarms } from './alarms.ts';
import { NAME } from './errors.ts';
import { putMetricData } from './put-metric-data.ts';
import { readActions } from './read.ts';
import { type Datum, MetricStore, SCHEMA } from './store.ts';

export type { Datum } from './store.ts';

/** What services measured is fetched so often: a `kill -9` loses that much of it. */
const GATHER_MS = 10_000;
const PRUNE_MS = 3_600_000;

/** Gives what was measured since the last call. */
export type MetricSource = () => readonly Datum[];

export interface CloudWatchService extends Service {
  /** Data of a service of the cloud: they are fetched before every read, and now and then. */
  addSource(source: MetricSource): void;
}

/** Narrows what `cloud.service('monitoring')` gives. */
export function isCloudWatch(service: Service): service is CloudWatchService {
  return 'addSource' in service;
}

const dashboardProperties = z.object({
  DashboardName: z.string().min(1).max(255).optional(),
  DashboardBody: z.string(),
});

export function cloudwatch(cloud: Cloud): CloudWatchService {
  const database = openDatabase(cloud.stateDir('cloudwatch'), SCHEMA, 'metrics and alarms');
  const store = new MetricStore(database);
  const alarms = new Alarms(cloud, database, store);
  const sources: MetricSource[] = [];
  const timers: NodeJS.Timeout[] = [];
  const ofTemplate = new Set<string>();

  const gather = () => store.add(sources.flatMap((source) => source()));
  const refresh = () => {
    gather();
    alarms.evaluateDue();
  };
  const every = (milliseconds: number, work: () => void) => {
    timers.push(setInterval(() => inBackground(cloud, work), milliseconds).unref());
  };

  return {
    name: NAME,
    actions: {
      PutMetricData: putMetricData(cloud, store),
      ...readActions(cloud, store, gather),
      ...alarmActions(cloud, alarms, refresh),
    },
    resources: {
      'AWS::CloudWatch::Alarm': ({ properties, generatedName }) => {
        const settings = readAlarm({ AlarmName: generatedName, ...properties }, cloud.accountId);
        alarms.put(settings, 'template');
        ofTemplate.add(settings.AlarmName);
        return { ref: settings.AlarmName, attributes: { Arn: alarmArn(cloud, settings.AlarmName) } };
      },
      'AWS::CloudWatch::Dashboard': dashboard(cloud),
    },
    addSource: (source) => sources.push(source),
    start() {
      for (const { origin, settings } of alarms.all())
        if (origin === 'template' && !ofTemplate.has(settings.AlarmName)) alarms.remove(settings.AlarmName);
      every(GATHER_MS, refresh);
      every(PRUNE_MS, () => store.prune(cloud.now() / 1000));
    },
    stop() {
      for (const timer of timers) clearInterval(timer);
      gather();
      database.close();
    },
  };
}

function inBackground(cloud: Cloud, work: () => void): void {
  try {
    work();
  } catch (error) {
    cloud.log(NAME, `Metrics were not written, or alarms not evaluated: ${String(error)}`);
  }
}

/** Dashboards are accepted, and shown nowhere. */
function dashboard({ partition, accountId }: Cloud): ResourceProvider {
  return ({ properties, generatedName }) => {
    const { DashboardName = generatedName } = dashboardProperties.parse(properties);
    const Arn = `arn:${partition}:cloudwatch::${accountId}:dashboard/${DashboardName}`;
    return { ref: DashboardName, attributes: { Arn } };
  };
}
