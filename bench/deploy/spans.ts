/** Where the time of deployments goes: the states of their workflow, by its history. */
import {
  paginateGetExecutionHistory,
  paginateListExecutions,
  paginateListStateMachines,
  SFNClient,
} from '@aws-sdk/client-sfn';
import type { Deployment } from '../../lib/domain/deployment/schema.ts';
import { markdown, median, shown } from '../figure.ts';
import type { Installation } from '../installation.ts';

const BEFORE = 'from the request to its workflow';

/** Milliseconds of each state of each deployment, in the order in which they are entered. */
export async function spansOf(
  { endpoint, region, operator }: Installation,
  deployments: readonly Deployment[],
): Promise<ReadonlyMap<string, number[]>> {
  const client = new SFNClient({ endpoint, region, credentials: operator });
  const asked = new Map(deployments.map(({ id, created_at: at }) => [id, Date.parse(at)]));
  const spans = new Map<string, number[]>();
  const add = (name: string, milliseconds: number) =>
    spans.set(name, [...(spans.get(name) ?? []), milliseconds]);
  for await (const { stateMachines = [] } of paginateListStateMachines({ client }, {}))
    for (const { stateMachineArn } of stateMachines)
      for await (const { executions = [] } of paginateListExecutions({ client }, { stateMachineArn }))
        for (const { executionArn, name = '' } of executions) {
          const id = [...asked.keys()].find((one) => name.startsWith(one));
          if (id === undefined) continue;
          const entered = await statesOf(client, executionArn);
          add(BEFORE, (entered[0]?.at ?? Number.NaN) - (asked.get(id) ?? Number.NaN));
          for (const [index, { state, at }] of entered.entries())
            add(state, (entered[index + 1]?.at ?? at) - at);
        }
  client.destroy();
  return spans;
}

/** When each state was entered, and the end as the last. */
async function statesOf(
  client: SFNClient,
  executionArn: string | undefined,
): Promise<{ state: string; at: number }[]> {
  const found: { state: string; at: number }[] = [];
  for await (const { events = [] } of paginateGetExecutionHistory({ client }, { executionArn }))
    for (const { type = '', timestamp, stateEnteredEventDetails: details } of events)
      if (details?.name !== undefined || type.startsWith('ExecutionSucceeded'))
        found.push({ state: details?.name ?? 'end', at: timestamp?.getTime() ?? Number.NaN });
  return found;
}

export const spanTable = (title: string, spans: ReadonlyMap<string, readonly number[]>): string =>
  markdown(
    [title, 'times', 'median ms'],
    [...spans]
      .filter(([state]) => state !== 'end')
      .map(([state, all]) => [state, String(all.length), shown(median(all), 'ms')]),
  );
