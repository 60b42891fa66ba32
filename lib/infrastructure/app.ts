import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { bundleAll } from './bundles.ts';
import { StaitheStack } from './stack.ts';

/**
 * Bundles the functions, builds the template, lets cdk-nag check it, and writes the cloud assembly.
 * @param outdir where to; the CDK CLI's choice, or `cdk.out`, when absent
 * @returns the folder of the assembly
 */
export async function synthesize(
  options: { outdir?: string; context?: Record<string, string> } = {},
): Promise<string> {
  const bundles = await bundleAll();
  const app = new App({
    outdir: options.outdir ?? process.env.CDK_OUTDIR ?? 'cdk.out',
    ...(options.context !== undefined && { context: options.context }),
    analyticsReporting: false,
  });
  new StaitheStack(app, 'Staithe', {
    bundles,
    description: 'Staithe: builds, artifacts, releases, deployments',
  });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return app.synth().directory;
}
