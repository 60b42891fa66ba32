import { ArnFormat, Stack } from 'aws-cdk-lib';
import { Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { WorkflowName } from '../domain/ports/workflows.ts';
import { definitionOf } from './definition.ts';
import type { StaitheFunction } from './function.ts';
import { vendedLogs } from './vended-logs.ts';

interface WorkflowProps {
  readonly name: WorkflowName;
  /** The function that does the workflow's steps. */
  readonly steps: StaitheFunction;
  readonly substitutions?: Record<string, string>;
}

/** A state machine from `stepfunctions/<name>.asl.yaml`, logged and traced. */
export class Workflow extends Construct {
  readonly machine: StateMachine;
  readonly name: WorkflowName;
  /** The function that does its steps. */
  readonly steps: StaitheFunction;

  constructor(scope: Construct, id: string, props: WorkflowProps) {
    super(scope, id);
    this.name = props.name;
    this.steps = props.steps;
    this.machine = new StateMachine(this, 'Machine', {
      definitionBody: DefinitionBody.fromString(JSON.stringify(definitionOf(props.name))),
      definitionSubstitutions: { StepFunctionArn: props.steps.lambda.functionArn, ...props.substitutions },
      tracingEnabled: true,
      logs: {
        destination: vendedLogs(this, 'Logs', `workflows/${props.name}`),
        level: LogLevel.ALL,
        // Ids and statuses are in the events by name; inputs and outputs stay out of the log.
        includeExecutionData: false,
      },
    });
    this.machine.addToRolePolicy(
      new PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        resources: [props.steps.lambda.functionArn],
      }),
    );
  }

  /** Lets whoever has it wake an execution that waits with a task token. */
  wakingStatement(): PolicyStatement {
    return new PolicyStatement({
      actions: ['states:SendTaskSuccess'],
      resources: [this.machine.stateMachineArn],
    });
  }

  allow(actions: string[], resources: string[]): void {
    this.machine.addToRolePolicy(new PolicyStatement({ actions, resources }));
  }
}

/** Lets a function start workflows, stop or look at their executions, and wake those that wait with a task token. */
export function grantWorkflows(
  to: StaitheFunction,
  {
    start,
    stop,
    describe,
    wake,
  }: Readonly<Record<'start' | 'stop' | 'describe' | 'wake', readonly Workflow[]>>,
): void {
  const named = new Set([...start, ...stop, ...describe]);
  const arns = [...named].map(({ name, machine }) => [name, machine.stateMachineArn] as const);
  if (arns.length > 0)
    to.grant({ STAITHE_STATE_MACHINES: Stack.of(to).toJsonString(Object.fromEntries(arns)) });
  const may = (actions: string[], resources: string[]) => {
    if (resources.length > 0) to.grant({}, { actions, resources });
  };
  may(
    ['states:StartExecution'],
    start.map(({ machine }) => machine.stateMachineArn),
  );
  may(['states:StopExecution'], stop.map(executionsOf));
  may(['states:DescribeExecution', 'states:GetExecutionHistory'], describe.map(executionsOf));
  for (const workflow of wake) letWake(to, workflow);
}

function executionsOf({ machine }: Workflow): string {
  return machine.stack.formatArn({
    service: 'states',
    resource: 'execution',
    resourceName: `${machine.stateMachineName}:*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}

function letWake(to: StaitheFunction, workflow: Workflow): void {
  const statement = workflow.wakingStatement();
  // A policy of its own for the function of its steps: that one must not wait for the machine, which waits for it.
  if (workflow.steps === to) new Policy(to, 'MayWake', { roles: [to.role], statements: [statement] });
  else to.role.addToPolicy(statement);
}
