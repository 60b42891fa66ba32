/** Actions on executions. */
import { randomUUID } from 'node:crypto';
import { type Action, AwsError } from '../service.ts';
import { executionArn, isValidName, machineName } from './arns.ts';
import type { Engine } from './engine.ts';
import { historyPage } from './history.ts';
import { optionalText, page, pageSize, pageStart, requiredText } from './input.ts';
import { isTooLarge, parseJson } from './json.ts';
import type { Machines } from './machines.ts';
import type { ExecutionRow, MachineRow } from './store.ts';

const STATUSES = new Set(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']);

/** The execution's input as JSON text; `{}` when there is none. */
function readInput(input: Record<string, unknown>): string {
  const text = optionalText(input, 'input') ?? '{}';
  if (isTooLarge(text)) {
    throw new AwsError(
      'InvalidExecutionInput',
      "Invalid State Machine Execution Input: 'The input exceeds 262144 bytes'",
    );
  }
  try {
    parseJson(text);
  } catch (error) {
    throw new AwsError(
      'InvalidExecutionInput',
      `Invalid State Machine Execution Input: '${(error as Error).message}'`,
    );
  }
  return text;
}

function readName(input: Record<string, unknown>): string {
  const name = optionalText(input, 'name') ?? randomUUID();
  if (isValidName(name)) return name;
  throw new AwsError('InvalidName', `Invalid Name: '${name}'`);
}

function described(row: ExecutionRow) {
  return {
    executionArn: row.arn,
    stateMachineArn: row.machine_arn,
    name: row.name,
    status: row.status,
    startDate: row.started / 1000,
    ...(row.stopped === null ? {} : { stopDate: row.stopped / 1000 }),
    input: row.input,
    inputDetails: { included: true },
    ...(row.output === null ? {} : { output: row.output, outputDetails: { included: true } }),
    ...(row.error === null ? {} : { error: row.error }),
    ...(row.cause === null ? {} : { cause: row.cause }),
    redriveCount: 0,
  };
}

export function executionActions(engine: Engine, machines: Machines): Record<string, Action> {
  const { store } = engine.runtime;

  function find(arn: string): ExecutionRow | undefined {
    const [row] = store.rows('SELECT * FROM executions WHERE arn = ?', arn);
    return row as ExecutionRow | undefined;
  }
  function get(arn: string): ExecutionRow {
    if (!/^arn:[\w-]+:states:[\w-]+:\d{12}:execution:[^:]+:[^:]+$/.test(arn)) {
      throw new AwsError('InvalidArn', `Invalid Arn: 'Resource type not valid in this context: ${arn}'`);
    }
    const row = find(arn);
    if (row === undefined) throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
    return row;
  }
  /** The same name again: the same answer while it runs with the same input; else an error for 90 days. */
  function repeated(known: ExecutionRow, input: string) {
    if (known.status === 'RUNNING' && known.input === input) {
      return { executionArn: known.arn, startDate: known.started / 1000 };
    }
    throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${known.arn}'`);
  }
  function begin(machine: MachineRow, input: Record<string, unknown>) {
    const name = readName(input);
    const arn = executionArn(machine.arn, machine.type, name, randomUUID());
    const text = readInput(input);
    const known = find(arn);
    if (known !== undefined) return { known: repeated(known, text) };
    return { execution: engine.launch({ arn, name, machine, input: text }) };
  }

  return {
    StartExecution(input, call) {
      const arn = requiredText(input, 'stateMachineArn');
      call.authorize('states:StartExecution', arn);
      const { known, execution } = begin(machines.get(arn), input);
      return known ?? { executionArn: execution.row.arn, startDate: execution.row.started / 1000 };
    },

    async StartSyncExecution(input, call) {
      const arn = requiredText(input, 'stateMachineArn');
      call.authorize('states:StartSyncExecution', arn);
      const machine = machines.get(arn);
      if (machine.type !== 'EXPRESS') {
        throw new AwsError(
          'StateMachineTypeNotSupported',
          'This operation is not supported by this type of state machine',
        );
      }
      const { execution } = begin(machine, input);
      if (execution === undefined) throw new AwsError('InvalidName', 'Invalid Name');
      await execution.run();
      const { row } = execution;
      const { redriveCount: _none, ...result } = described(row);
      return {
        ...result,
        billingDetails: { billedMemoryUsedInMB: 64, billedDurationInMilliseconds: 100 },
      };
    },

    DescribeExecution(input, call) {
      const arn = requiredText(input, 'executionArn');
      call.authorize('states:DescribeExecution', arn);
      return described(get(arn));
    },

    /** The definition that the execution began with, which its machine may not have any more. */
    DescribeStateMachineForExecution(input, call) {
      const arn = requiredText(input, 'executionArn');
      call.authorize('states:DescribeStateMachineForExecution', arn);
      const row = get(arn);
      const [definition] = store.rows('SELECT text FROM definitions WHERE hash = ?', row.definition);
      return {
        stateMachineArn: row.machine_arn,
        name: machineName(row.machine_arn),
        definition: definition?.text,
        roleArn: row.role_arn,
        updateDate: row.started / 1000,
      };
    },

    ListExecutions(input, call) {
      const arn = requiredText(input, 'stateMachineArn');
      call.authorize('states:ListExecutions', arn);
      const machine = machines.get(arn);
      if (machine.type === 'EXPRESS') {
        throw new AwsError(
          'StateMachineTypeNotSupported',
          'This operation is not supported by this type of state machine',
        );
      }
      const status = optionalText(input, 'statusFilter');
      if (status !== undefined && !STATUSES.has(status)) {
        throw new AwsError(
          'ValidationException',
          `1 validation error detected: 'statusFilter' is no status: ${status}`,
        );
      }
      const before = pageStart(input) ?? Number.MAX_SAFE_INTEGER;
      const size = pageSize(input);
      const found =
        status === undefined
          ? store.rows(
              'SELECT * FROM executions WHERE machine_arn = ? AND sequence < ? ORDER BY sequence DESC LIMIT ?',
              ...[arn, before, size + 1],
            )
          : store.rows(
              'SELECT * FROM executions WHERE machine_arn = ? AND status = ? AND sequence < ? ORDER BY sequence DESC LIMIT ?',
              ...[arn, status, before, size + 1],
            );
      const { rows, ...rest } = page(found as unknown as ExecutionRow[], size, (row) => row.sequence);
      const executions = rows.map((row) => {
        const { executionArn, stateMachineArn, name, startDate, stopDate } = described(row);
        const stopped = stopDate === undefined ? {} : { stopDate };
        return {
          executionArn,
          stateMachineArn,
          name,
          status: row.status,
          startDate,
          ...stopped,
          redriveCount: 0,
        };
      });
      return { executions, ...rest };
    },

    async StopExecution(input, call) {
      const arn = requiredText(input, 'executionArn');
      call.authorize('states:StopExecution', arn);
      get(arn);
      await engine.running(arn)?.abort(optionalText(input, 'error'), optionalText(input, 'cause'));
      const { stopped } = get(arn);
      return { stopDate: (stopped ?? engine.runtime.timers.now()) / 1000 };
    },

    GetExecutionHistory(input, call) {
      const arn = requiredText(input, 'executionArn');
      call.authorize('states:GetExecutionHistory', arn);
      get(arn);
      return historyPage(store, arn, input);
    },
  };
}
