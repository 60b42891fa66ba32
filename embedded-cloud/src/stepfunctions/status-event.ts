/**
 * "Step Functions Execution Status Change"
 * (https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html).
 */
import type { ExecutionRow, OutboxEntry } from './store.ts';

/** An event holds 256 KB: with more than 248 KiB of input and output, AWS leaves them out. */
const MAX_INCLUDED = 253_952;

export function statusChange(row: ExecutionRow): OutboxEntry {
  const included = row.input.length + (row.output?.length ?? 0) <= MAX_INCLUDED;
  const detail = {
    executionArn: row.arn,
    stateMachineArn: row.machine_arn,
    stateMachineVersionArn: null,
    stateMachineAliasArn: null,
    name: row.name,
    status: row.status,
    startDate: row.started,
    stopDate: row.stopped,
    input: included ? row.input : null,
    output: included ? row.output : null,
    inputDetails: { included },
    outputDetails: row.output === null ? null : { included },
    error: row.error,
    cause: row.cause,
    redriveCount: 0,
    redriveDate: null,
    redriveStatus: row.status === 'RUNNING' || row.status === 'SUCCEEDED' ? 'NOT_REDRIVABLE' : 'REDRIVABLE',
    redriveStatusReason: null,
  };
  return {
    principal: { kind: 'service', arn: 'states.amazonaws.com' },
    service: 'events',
    action: 'PutServiceEvents',
    input: {
      Entries: [
        {
          Source: 'aws.states',
          DetailType: 'Step Functions Execution Status Change',
          Detail: JSON.stringify(detail),
          Resources: [row.arn],
          Time: (row.stopped ?? row.started) / 1000,
        },
      ],
    },
  };
}
