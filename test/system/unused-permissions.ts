/** Permissions that the template grants and no system test needs, each with the reason why it stays. */

interface Exception {
  /** Of the role, as its name begins. */
  readonly role: RegExp;
  readonly action: RegExp;
  readonly reason: string;
  /** A race may need it in one run of the tests, and not in the next. */
  readonly byChance?: true;
}

export const EXCEPTIONS: readonly Exception[] = [
  {
    role: /^Staithe-AuditChainerRole/,
    action: /^dynamodb:BatchGetItem$/,
    reason:
      'Asks which entries are chained already, once another was faster: a race that test/domain/audit brings about.',
    byChance: true,
  },
  {
    role: /^Staithe-Apiaudit/,
    action: /^dynamodb:PutItem$/,
    reason: 'Makes the key of cursors, unless another list has made it before.',
    byChance: true,
  },
  {
    role: /WorkflowMachineRole/,
    action: /^logs:/,
    reason:
      'Step Functions delivers its log through them (docs: "Logging using CloudWatch Logs"); the embedded cloud keeps the history itself.',
  },
  {
    role: /WorkflowMachineRole/,
    action: /^xray:/,
    reason: 'Step Functions sends traces through them; the embedded cloud has no X-Ray.',
  },
  {
    role: /^Staithe-BuildsWorkflowMachineRole/,
    action: /^events:/,
    reason:
      'How `.sync` learns on AWS that a build has ended (docs: "Call CodeBuild with Step Functions"); the embedded cloud tells the workflow itself.',
  },
  {
    role: /^Staithe-BuildsMachinesRole/,
    action: /^s3:(GetObjectVersion|GetBucketAcl|GetBucketLocation)$/,
    reason:
      'CodeBuild asks for them on the bucket of its source (docs: "Create a CodeBuild service role"); the embedded one reads the object alone.',
  },
  {
    role: /^Staithe-(ReconcilerSweepRole|BuildsWorkflowMachineRole)/,
    action: /^codebuild:(BatchGetBuilds|StopBuild)$/,
    reason:
      'The same on each of the three CodeBuild projects; the tests stop and look after machines of those that are quick to start.',
  },
  {
    role: /^Staithe-ReconcilerSweepRole/,
    action: /^states:StartExecution$/,
    reason:
      'Of the deployment workflow: starts a deployment that was throttled when it was asked for, as test/domain/overdue-deployment.test.ts brings about.',
    byChance: true,
  },
  {
    role: /^Staithe-DeploymentsStepsRole/,
    action: /^states:(StopExecution|SendTaskSuccess)$/,
    reason:
      'Ends the job of a deployment that is taken back, and lets the next job of the project begin: test/domain/deployment brings both about.',
    byChance: true,
  },
  {
    role: /^Staithe-EventsDeploymentJobEndedRole/,
    action: /^(dynamodb:PutItem|states:SendTaskSuccess)$/,
    reason:
      'Ends a job whose machine died without a word, and lets the next job of the project begin: test/domain/deployment/jobs.test.ts.',
    byChance: true,
  },
  {
    role: /^Staithe-Apienvironments/,
    action: /^s3:ListBucket$/,
    reason: 'Learns that the bytes of an artifact are gone that is deployed by its digest.',
    byChance: true,
  },
  {
    role: /^Staithe-(EventsObjectCreated|ReconcilerSweep)Role/,
    action: /^dynamodb:(ConditionCheckItem|Query)$/,
    reason:
      'Sets the environments of a manifest when the build is planned here: test/domain/environment-manifest.test.ts.',
    byChance: true,
  },
  {
    role: /^Staithe-ReconcilerSweepRole/,
    action: /^dynamodb:ConditionCheckItem$/,
    reason:
      'Begins a deployment that waits, when the event that would have begun it is lost or a time has come: test/domain/deployment brings both about.',
    byChance: true,
  },
  {
    role: /^Staithe-Apireleases/,
    action: /^s3:ListBucket$/,
    reason:
      'Learns that the bytes of an artifact are gone, which only an operator can bring about: test/domain/release does.',
  },
  {
    role: /^Staithe-(Apibuilds|EventsObjectCreated|ReconcilerSweep|TriggersSteps)/,
    action:
      /^(dynamodb:(BatchGetItem|DeleteItem)|ecr:(BatchGetImage|PutImage)|s3:GetObject|states:(SendTaskSuccess|StartExecution|StopExecution))$/,
    reason:
      'Of planning a run (PLANNING in lib/infrastructure/needs.ts), which whoever comes to it first does: the request, the survey of its source, a push, or the sweep. Which of them meets a reused image, a queue, a workflow to follow or a run that was deleted meanwhile is a race; test/domain/execution and test/domain/deletion.property.test.ts bring each about.',
    byChance: true,
  },
  {
    role: /^Staithe-BuildsStepsRole/,
    action: /^states:SendTaskSuccess$/,
    reason:
      'Wakes a job at once whose turn came before it began to wait: a race that test/domain/execution/queue brings about.',
    byChance: true,
  },
  {
    role: /^Staithe-DeploymentsStepsRole/,
    action: /^lambda:TagResource$/,
    reason:
      'Lambda asks for it beside CreateFunction when the function gets tags; the embedded one checks the tags by the condition on CreateFunction.',
  },
  {
    role: /^Staithe-NotificationsSenderRole/,
    action: /^dynamodb:DeleteItem$/,
    reason:
      'Removes a notification that was made while its project was being deleted: a race that test/domain/subscription.test.ts brings about.',
    byChance: true,
  },
  {
    role: /^Staithe-(EventsRelayRole|AuditChainerRole)/,
    action: /^dynamodb:ListStreams$/,
    reason: 'Lambda asks for it on all streams (docs: AWSLambdaDynamoDBExecutionRole).',
  },
];
