import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleAll } from './bundles.ts';
import { contextValue, refuseUnknownContext } from './context.ts';

/**
 * Bundles the functions, builds the template, lets cdk-nag check it, and writes the cloud assembly.
 * @param outdir where to; the CDK CLI's choice, or `cdk.out`, when absent
 * @param unchecked leaves cdk-nag out, which changes nothing in the template and takes a quarter of the time
 * @param onStage gets the name of each stage
 * @returns the folder of the assembly
 */
export async function synthesize(
  options: {
    outdir?: string;
    context?: Record<string, string>;
    unchecked?: boolean;
    onStage?: (stage: string) => void;
  } = {},
): Promise<string> {
  // A folder of its own each time, as two may synthesize at once; the assembly has copies of what is in it.
  const onStage = options.onStage ?? (() => undefined);
  const folder = await mkdtemp(join(tmpdir(), 'staithe-bundles-'));
  try {
    onStage('bundling the functions, loading the CDK');
    // esbuild is a process of its own: the CDK loads while it works.
    const [bundles, { App, Validations }, { StaitheStack }] = await Promise.all([
      bundleAll(folder),
      import('aws-cdk-lib'),
      import('./stack.ts'),
    ]);
    onStage('building the template');
    const app = new App({
      outdir: options.outdir ?? process.env.CDK_OUTDIR ?? 'cdk.out',
      ...(options.context !== undefined && { context: options.context }),
      analyticsReporting: false,
    });
    refuseUnknownContext(app.node);
    const stackName = stackNameFrom(contextValue(app.node, 'stackName'));
    // The name is the construct's id too, as CDK makes the names of some resources from their path.
    new StaitheStack(app, stackName, {
      bundles,
      stackName,
      description: 'Staithe: builds, artifacts, releases, deployments',
    });
    if (options.unchecked !== true) {
      const { AwsSolutionsChecks } = await import('cdk-nag');
      Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    }
    onStage('writing the assembly');
    return app.synth().directory;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** 32 characters: half of what a Lambda function's name may have (API reference), and those begin with the stack's. */
const STACK_NAME = /^[A-Za-z][A-Za-z0-9-]{0,31}$/;

/**
 * The name of the installation, from the CDK context `stackName`: all that has a name in the account derives from it, so
 * that two installations in one account and region keep apart.
 * @throws Error when it is no such name
 */
export function stackNameFrom(context: unknown): string {
  if (context === undefined) return 'Staithe';
  if (typeof context === 'string' && STACK_NAME.test(context)) return context;
  throw new Error(
    `The context 'stackName' is ${JSON.stringify(context)}; it must begin with a letter and have at most 32 letters, digits and hyphens.`,
  );
}
