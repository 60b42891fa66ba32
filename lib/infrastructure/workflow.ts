import { ArnFormat } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
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

/** Lets a function start workflows, unless it says otherwise, and stop them where it says so. */
export function giveWorkflows(
  to: StaitheFunction,
  workflows: readonly Workflow[],
  options: { start?: boolean; stop?: boolean; look?: boolean; alsoStart?: readonly Workflow[] } = {},
): void {
  const started = [...workflows, ...(options.alsoStart ?? [])];
  const arns = Object.fromEntries(
    started.map((workflow) => [workflow.name, workflow.machine.stateMachineArn]),
  );
  const start = {
    actions: ['states:StartExecution'],
    resources: started.map((workflow) => workflow.machine.stateMachineArn),
  };
  const executions = workflows.map(({ machine }) =>
    machine.stack.formatArn({
      service: 'states',
      resource: 'execution',
      resourceName: `${machine.stateMachineName}:*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    }),
  );
  const stop = { actions: ['states:StopExecution'], resources: executions };
  const look = { actions: ['states:DescribeExecution', 'states:GetExecutionHistory'], resources: executions };
  to.give(
    { STAITHE_STATE_MACHINES: workflows[0]?.machine.stack.toJsonString(arns) ?? '{}' },
    ...(options.start === false ? [] : [start]),
    ...(options.stop ? [stop] : []),
    ...(options.look ? [look] : []),
  );
}
