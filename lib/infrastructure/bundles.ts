/** Bundles: each function, and the agent, as one file. One esbuild run makes them all. */
import { globSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundleAgent } from '../agent/bundle.ts';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export interface Bundles {
  /** The folder of a function's bundle, by its entry below `functions/` without `.ts`: `api/builds`. */
  functionFolder(entry: string): string;
  /** The folder with `agent.cjs`. */
  readonly agentFolder: string;
}

/** Entry points below functions/, as `api/builds`. */
export function functionEntries(): string[] {
  return globSync('functions/**/*.ts', { cwd: ROOT })
    .map((file) => relative('functions', file).replace(/\.ts$/, ''))
    .sort();
}

/**
 * @param outdir a folder that is empty
 * @param options.sourcemap `external` writes a map beside each bundle, whose own bytes stay the same
 *
 * `mainFields` prefers the SDK's ES modules, which tree-shake: with minify it is what cut import time most. What comes
 * out is CommonJS: an ES module that imports `node:http` makes Node load all of undici for the names that it exports
 * (15 ms of a cold start), and the SDK imports `node:http`.
 */
export async function bundleAll(outdir: string, options: { sourcemap?: 'external' } = {}): Promise<Bundles> {
  const functions = join(outdir, 'functions');
  const agentFolder = join(outdir, 'agent');
  await Promise.all([
    build({
      entryPoints: Object.fromEntries(
        functionEntries().map((entry) => [`${entry}/index`, join(ROOT, 'functions', `${entry}.ts`)]),
      ),
      outdir: functions,
      outExtension: { '.js': '.cjs' },
      bundle: true,
      format: 'cjs',
      platform: 'node',
      target: 'node24',
      mainFields: ['module', 'main'],
      minify: true,
      logLevel: 'error',
      ...options,
    }),
    bundleAgent(join(agentFolder, 'agent.cjs'), options),
  ]);
  return { functionFolder: (entry) => join(functions, entry), agentFolder };
}
