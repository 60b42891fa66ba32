/** CloudWatch Logs of the embedded cloud. */
import { EventEmitter } from 'node:events';
import { z } from 'zod';
import { type Action, AwsError, type Cloud, notImplemented, type Service } from '../service.ts';
import { type Appended, type AppendListener, createAppender, type Line } from './appender.ts';
import type { LogsContext } from './context.ts';
import { filterLogEventsAction } from './filter-log-events.ts';
import { getLogEventsAction } from './get-log-events.ts';
import { groupActions } from './groups.ts';
import { invalidParameter, parseInput } from './input.ts';
import { putLogEventsAction } from './put-log-events.ts';
import { logsResources } from './resources.ts';
import { startSweeping } from './retention.ts';
import { openLogStore } from './store.ts';
import { streamActions } from './streams.ts';

export type { Appended, AppendListener, Line } from './appender.ts';

/** CloudWatch Logs as other services of the cloud see it. */
export interface LogsService extends Service {
  /**
   * Appends lines for a writer that is already authorised; makes group and stream when they are not there.
   * @returns settled when the lines are on disk: await it before sending more, so that a flood waits at its source
   */
  append(group: string, stream: string, lines: readonly Line[]): Promise<void>;
  /** Calls `listener` after every write, of PutLogEvents too. @returns stops it */
  onAppend(listener: AppendListener): () => void;
}

/** Narrows what `cloud.service('logs')` gives. */
export function isLogsService(service: Service): service is LogsService {
  return 'append' in service && 'onAppend' in service;
}

export function logs(cloud: Cloud): LogsService {
  const store = openLogStore(cloud.stateDir('logs'));
  const context: LogsContext = { cloud, store };
  const listeners = new EventEmitter<{ append: [Appended] }>().setMaxListeners(0);
  const written: AppendListener = (appended) => {
    listeners.emit('append', appended);
  };
  const appender = createAppender(store, () => cloud.now(), written);
  let stopSweeping = (): void => {};

  return {
    name: 'logs',
    actions: {
      ...groupActions(context),
      ...streamActions(context),
      PutLogEvents: putLogEventsAction(context, (group, stream, events) =>
        written({ group, stream, events }),
      ),
      GetLogEvents: getLogEventsAction(context),
      FilterLogEvents: filterLogEventsAction(context),
      ...policyActions(context),
      StartLiveTail: () => {
        throw notImplemented('logs', 'StartLiveTail');
      },
    },
    resources: logsResources(context),
    append: (group, stream, lines) => appender.append(group, stream, lines),
    onAppend(listener) {
      listeners.on('append', listener);
      return () => listeners.off('append', listener);
    },
    start() {
      stopSweeping = startSweeping(context);
    },
    stop() {
      stopSweeping();
      appender.flush();
      store.close();
    },
  };
}

const putPolicy = z.object({ policyName: z.string().min(1), policyDocument: z.string().min(1).max(5120) });
const deletePolicy = z.object({ policyName: z.string().min(1) });

function policyActions({ cloud, store }: LogsContext): Record<string, Action> {
  const view = (policy: { name: string; document: string; updated: number }) => ({
    policyName: policy.name,
    policyDocument: policy.document,
    lastUpdatedTime: policy.updated,
  });
  return {
    PutResourcePolicy(raw, call) {
      const input = parseInput(putPolicy, raw);
      call.authorize('logs:PutResourcePolicy', '*');
      parseJson(input.policyDocument);
      const policy = { name: input.policyName, document: input.policyDocument, updated: cloud.now() };
      store.putPolicy(policy.name, policy.document, policy.updated);
      return { resourcePolicy: view(policy) };
    },
    DeleteResourcePolicy(raw, call) {
      const input = parseInput(deletePolicy, raw);
      call.authorize('logs:DeleteResourcePolicy', '*');
      if (!store.removePolicy(input.policyName)) {
        throw new AwsError(
          'ResourceNotFoundException',
          `Policy with name ${input.policyName} does not exist`,
        );
      }
      return {};
    },
    DescribeResourcePolicies(_raw, call) {
      call.authorize('logs:DescribeResourcePolicies', '*');
      return { resourcePolicies: store.policies().map(view) };
    },
  };
}

function parseJson(text: string): void {
  try {
    JSON.parse(text);
  } catch {
    throw invalidParameter('The policy document is not valid JSON.');
  }
}
