import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { Builds } from './builds.ts';
import type { Bundles } from './bundles.ts';
import { StaitheFunction } from './function.ts';
import type { Storage } from './storage.ts';
import { giveWorkflows, Workflow } from './workflow.ts';

/** Pushes become builds. */
export class Triggers extends Construct {
  readonly workflow: Workflow;
  /** The function that does the workflow's steps. */
  readonly steps: StaitheFunction;

  constructor(
    scope: Construct,
    id: string,
    props: { bundles: Bundles; storage: Storage; builds: Builds; gitHostUrl: string },
  ) {
    super(scope, id);
    const { bundles, storage, builds, gitHostUrl } = props;
    const steps = new StaitheFunction(this, 'Steps', {
      bundles,
      entry: 'steps/trigger',
      description: 'Steps of the trigger workflow',
      // An archive of 100 MiB comes within a minute or not at all.
      timeout: Duration.seconds(110),
      memorySize: 1024,
    });
    storage.giveTable(steps, 'Query', 'ConditionCheckItem');
    storage.giveBytes(steps, 'sources', 'PutObject');
    // A push may cancel the run of an older one that still waits.
    giveWorkflows(steps, [builds.workflow], { stop: true });
    this.steps = steps;
    steps.give({ STAITHE_GIT_HOST_URL: gitHostUrl });
    this.workflow = new Workflow(this, 'Workflow', { name: 'trigger', steps });
  }
}
