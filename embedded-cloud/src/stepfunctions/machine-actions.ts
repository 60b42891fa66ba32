/** Actions on state machines. */
import { type Action, AwsError, notImplemented } from '../service.ts';
import { type MachineType, machineArn } from './arns.ts';
import type { Engine } from './engine.ts';
import { optionalText, page, pageSize, requiredText } from './input.ts';
import type { Machines } from './machines.ts';
import type { MachineRow } from './store.ts';
import { examine } from './validate.ts';

const SETTINGS = ['loggingConfiguration', 'tracingConfiguration', 'encryptionConfiguration'];

function settingsOf(input: Record<string, unknown>): Record<string, unknown> {
  const given = SETTINGS.filter((name) => input[name] !== undefined);
  return Object.fromEntries(given.map((name) => [name, input[name]]));
}

export function typeOf(value: unknown): MachineType {
  if (value === undefined || value === null || value === 'STANDARD') return 'STANDARD';
  if (value === 'EXPRESS') return 'EXPRESS';
  throw new AwsError(
    'ValidationException',
    "1 validation error detected: 'type' must be STANDARD or EXPRESS",
  );
}

function described(row: MachineRow) {
  const settings: Record<string, unknown> = JSON.parse(row.settings);
  return {
    stateMachineArn: row.arn,
    name: row.name,
    status: 'ACTIVE',
    definition: row.definition,
    roleArn: row.role_arn,
    type: row.type,
    creationDate: row.created / 1000,
    revisionId: row.revision,
    loggingConfiguration: { level: 'OFF', includeExecutionData: false },
    tracingConfiguration: { enabled: false },
    ...settings,
  };
}

export function machineActions(engine: Engine, machines: Machines): Record<string, Action> {
  const { cloud, timers } = engine.runtime;
  return {
    CreateStateMachine(input, call) {
      const name = requiredText(input, 'name');
      const arn = machineArn(cloud, name);
      call.authorize('states:CreateStateMachine', arn);
      if (input.publish === true) throw notImplemented('states', 'CreateStateMachine with publish');
      const definition = requiredText(input, 'definition');
      const specification = {
        name,
        type: typeOf(input.type),
        definition,
        roleArn: requiredText(input, 'roleArn'),
        settings: settingsOf(input),
      };
      const known = machines.find(arn);
      // Creating is idempotent for the same definition and type; the role is not compared (AWS documents so).
      if (known !== undefined && (known.definition !== definition || known.type !== specification.type)) {
        throw new AwsError('StateMachineAlreadyExists', `State Machine Already Exists: '${arn}'`);
      }
      const row = known ?? machines.put(specification);
      return { stateMachineArn: arn, creationDate: row.created / 1000 };
    },

    UpdateStateMachine(input, call) {
      const arn = requiredText(input, 'stateMachineArn');
      call.authorize('states:UpdateStateMachine', arn);
      if (input.publish === true) throw notImplemented('states', 'UpdateStateMachine with publish');
      const known = machines.get(arn);
      const definition = optionalText(input, 'definition');
      const roleArn = optionalText(input, 'roleArn');
      const settings = settingsOf(input);
      if (definition === undefined && roleArn === undefined && Object.keys(settings).length === 0) {
        throw new AwsError(
          'MissingRequiredParameter',
          'Either the definition, the role ARN or a configuration is needed',
        );
      }
      const row = machines.put({
        name: known.name,
        type: known.type,
        definition: definition ?? known.definition,
        roleArn: roleArn ?? known.role_arn,
        settings: { ...JSON.parse(known.settings), ...settings },
      });
      return { updateDate: timers.now() / 1000, revisionId: row.revision };
    },

    DescribeStateMachine(input, call) {
      const arn = requiredText(input, 'stateMachineArn');
      call.authorize('states:DescribeStateMachine', arn);
      return described(machines.get(arn));
    },

    ListStateMachines(input, call) {
      call.authorize('states:ListStateMachines', '*');
      const { rows, ...rest } = page(machines.list(input), pageSize(input), (row) => row.position);
      const stateMachines = rows.map((row) => ({
        stateMachineArn: row.arn,
        name: row.name,
        type: row.type,
        creationDate: row.created / 1000,
      }));
      return { stateMachines, ...rest };
    },

    /** Running executions go on to their end: they have their own copy of the definition. */
    DeleteStateMachine(input, call) {
      const arn = requiredText(input, 'stateMachineArn');
      call.authorize('states:DeleteStateMachine', arn);
      machines.delete(arn);
      return {};
    },

    ValidateStateMachineDefinition(input, call) {
      call.authorize('states:ValidateStateMachineDefinition', '*');
      const { findings } = examine(requiredText(input, 'definition'));
      const code = 'SCHEMA_VALIDATION_FAILED';
      const diagnostics = findings.map((finding) => ({ severity: 'ERROR', code, ...finding }));
      return { result: findings.length === 0 ? 'OK' : 'FAIL', diagnostics, truncated: false };
    },
  };
}
