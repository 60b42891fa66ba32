import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
  // A folder of its own each time, as two may synthesize at once; the assembly has copies of what is in it.
  const folder = await mkdtemp(join(tmpdir(), 'staithe-bundles-'));
  try {
    const app = new App({
      outdir: options.outdir ?? process.env.CDK_OUTDIR ?? 'cdk.out',
      ...(options.context !== undefined && { context: options.context }),
      analyticsReporting: false,
    });
    new StaitheStack(app, 'Staithe', {
      bundles: await bundleAll(folder),
      description: 'Staithe: builds, artifacts, releases, deployments',
    });
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    return app.synth().directory;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
