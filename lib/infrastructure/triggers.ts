import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { Bundles } from './bundles.ts';
import { StaitheFunction } from './function.ts';
import { Workflow } from './workflow.ts';

/** Pushes become builds. */
export class Triggers extends Construct {
  readonly workflow: Workflow;

  constructor(scope: Construct, id: string, { bundles }: { bundles: Bundles }) {
    super(scope, id);
    const steps = new StaitheFunction(this, 'Steps', {
      bundles,
      entry: 'steps/trigger',
      description: 'Steps of the trigger workflow',
      // An archive of 100 MiB comes within a minute or not at all.
      timeout: Duration.seconds(110),
      memorySize: 1024,
    });
    this.workflow = new Workflow(this, 'Workflow', { name: 'trigger', steps });
  }
}
