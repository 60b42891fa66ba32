/** PutMetricAlarm, DescribeAlarms, DeleteAlarms and SetAlarmState. */
import { z } from 'zod';
import type { Action, Call, Cloud } from '../service.ts';
import { type Alarm, readAlarm, STATES } from './alarm.ts';
import type { Alarms } from './alarms.ts';
import { alarmNotFound, invalidCombination, invalidValue, parse, unsupported } from './errors.ts';

const describeSchema = z.looseObject({
  AlarmNames: z.array(z.string()).max(100).optional(),
  AlarmNamePrefix: z.string().min(1).optional(),
  AlarmTypes: z.array(z.string()).default(['MetricAlarm']),
  StateValue: z.enum(STATES).optional(),
  ActionPrefix: z.string().optional(),
  MaxRecords: z.number().int().min(1).max(100).default(50),
  NextToken: z.string().optional(),
  ChildrenOfAlarmName: z.string().optional(),
  ParentsOfAlarmName: z.string().optional(),
});
type Described = z.infer<typeof describeSchema>;

const deleteSchema = z.looseObject({ AlarmNames: z.array(z.string()).max(100) });

const stateSchema = z.looseObject({
  AlarmName: z.string(),
  StateValue: z.enum(STATES),
  StateReason: z.string().max(1023),
  StateReasonData: z.string().max(4000).optional(),
});

export function alarmArn({ partition, region, accountId }: Cloud, name: string): string {
  return `arn:${partition}:cloudwatch:${region}:${accountId}:alarm:${name}`;
}

/** @param refresh brings the metrics and the states up to date */
export function alarmActions(cloud: Cloud, alarms: Alarms, refresh: () => void): Record<string, Action> {
  const authorize = (call: Call, action: string, name: string) =>
    call.authorize(`cloudwatch:${action}`, alarmArn(cloud, name));
  return {
    PutMetricAlarm: (input, call) => {
      const settings = readAlarm(input, cloud.accountId);
      authorize(call, 'PutMetricAlarm', settings.AlarmName);
      if (Array.isArray(input.Tags) && input.Tags.length > 0) throw unsupported('tags of alarms');
      alarms.put(settings, 'api');
      return {};
    },
    DescribeAlarms: (input, call) => {
      const request = parse(describeSchema, input);
      authorize(call, 'DescribeAlarms', '*');
      refresh();
      return describeAlarms(cloud, alarms, request);
    },
    DeleteAlarms: (input, call) => {
      const { AlarmNames } = parse(deleteSchema, input);
      for (const name of AlarmNames) authorize(call, 'DeleteAlarms', name);
      const unknown = AlarmNames.filter((name) => !alarms.find(name));
      if (unknown.length > 0) throw alarmNotFound(unknown);
      for (const name of AlarmNames) alarms.remove(name);
      return {};
    },
    SetAlarmState: (input, call) => {
      const request = parse(stateSchema, input);
      authorize(call, 'SetAlarmState', request.AlarmName);
      refresh();
      const alarm = alarms.find(request.AlarmName);
      if (!alarm) throw alarmNotFound([request.AlarmName]);
      alarms.setState(alarm, request.StateValue, request.StateReason, request.StateReasonData);
      return {};
    },
  };
}

function describeAlarms(cloud: Cloud, alarms: Alarms, request: Described) {
  if (request.ChildrenOfAlarmName !== undefined || request.ParentsOfAlarmName !== undefined)
    throw unsupported('DescribeAlarms of composite alarms');
  if (request.AlarmNames && request.AlarmNamePrefix !== undefined)
    throw invalidCombination('Specify either AlarmNames or AlarmNamePrefix, but not both.');
  const after = request.NextToken === undefined ? '' : nameOf(request.NextToken);
  const found = alarms.all().filter((alarm) => alarm.settings.AlarmName > after && matches(alarm, request));
  const page = found.slice(0, request.MaxRecords);
  return {
    MetricAlarms: page.map((alarm) => describeAlarm(cloud, alarm)),
    CompositeAlarms: [],
    ...(found.length > page.length && { NextToken: tokenOf(page.at(-1)?.settings.AlarmName ?? '') }),
  };
}

function matches({ settings, state }: Alarm, request: Described): boolean {
  const { AlarmName, AlarmActions, OKActions, InsufficientDataActions } = settings;
  const { AlarmNames, AlarmNamePrefix = '', StateValue, ActionPrefix } = request;
  return (
    request.AlarmTypes.includes('MetricAlarm') &&
    (AlarmNames === undefined || AlarmNames.includes(AlarmName)) &&
    AlarmName.startsWith(AlarmNamePrefix) &&
    (StateValue === undefined || state === StateValue) &&
    (ActionPrefix === undefined ||
      [...AlarmActions, ...OKActions, ...InsufficientDataActions].some((one) => one.startsWith(ActionPrefix)))
  );
}

const tokenOf = (name: string): string => Buffer.from(name).toString('base64url');

function nameOf(token: string): string {
  const name = Buffer.from(token, 'base64url').toString();
  if (name !== '' && tokenOf(name) === token) return name;
  throw invalidValue('NextToken: the token is not one that this operation has returned.');
}

function describeAlarm(cloud: Cloud, { settings, ...alarm }: Alarm) {
  return {
    ...settings,
    AlarmArn: alarmArn(cloud, settings.AlarmName),
    AlarmConfigurationUpdatedTimestamp: alarm.configured / 1000,
    StateValue: alarm.state,
    StateReason: alarm.reason,
    ...(alarm.reasonData !== undefined && { StateReasonData: alarm.reasonData }),
    StateUpdatedTimestamp: alarm.stateUpdated / 1000,
    StateTransitionedTimestamp: alarm.stateTransitioned / 1000,
  };
}
