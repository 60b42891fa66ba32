/**
 * Makes the agent one file that runs wherever Node 22 does, without installing anything. It is CommonJS, as that starts
 * in two thirds of the time: no ES module loader, and none that makes Node load all of undici for `node:http`.
 */
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

/** The Node of CodeBuild's standard images (aws/codebuild/standard:7.0 and later have 22). */
const TARGET = 'node22';

/** zod brings its messages in 50 languages, half of the bundle. The agent's requests are read by nobody but programs. */
const onlyEnglish: Plugin = {
  name: 'zod-only-english',
  setup(esbuild) {
    esbuild.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
    }));
  },
};

/**
 * Bundles lib/agent/main.ts. About 210 KB, most of it zod: what a backend fetches before it starts, so watch it.
 *
 * @param outFile ends in .cjs, as it is CommonJS
 * @param options.sourcemap `external` writes a map beside it, and leaves its own bytes the same
 * @returns its size in bytes
 */
export async function bundleAgent(
  outFile: string,
  options: { sourcemap?: 'external' } = {},
): Promise<{ bytes: number }> {
  const result = await build({
    entryPoints: [fileURLToPath(new URL('main.ts', import.meta.url))],
    outfile: outFile,
    bundle: true,
    platform: 'node',
    target: TARGET,
    format: 'cjs',
    minify: true,
    mainFields: ['module', 'main'],
    plugins: [onlyEnglish],
    legalComments: 'none',
    metafile: true,
    logLevel: 'silent',
    ...options,
  });
  const bytes = Object.values(result.metafile.outputs).reduce((total, output) => total + output.bytes, 0);
  return { bytes };
}
