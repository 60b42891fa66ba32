/**
 * The published package: beside its launcher it has `dist/` alone. In it are the CLI, as JavaScript for every Node that
 * package.json admits, with its libraries; and what `staithe start` and `staithe install` need beyond it, as an archive
 * that they unpack and install once (lib/cli/installation/checkout.ts).
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import * as z from 'zod';
import { packTree } from '../archive/index.ts';
import { CHECKOUT_ARCHIVE } from '../cli/paths/program.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** Of the checkout, what runs and deploys Staithe. */
const PARTS = [
  '.gitignore',
  'LICENSE',
  'bin',
  'cdk.json',
  'embedded-cloud/src',
  'examples',
  'functions',
  'lib',
  'stepfunctions',
];

/** What only tests, checks and types need: half of all that an installation would fetch. */
const NOT_TO_RUN = [
  /^@biomejs\//,
  /^@seriousme\//,
  /^@types\//,
  /^(asl-validator|aws-sdk-client-mock|fast-check|knip|tar|typescript|vite|vitest)$/,
];

const Manifest = z.looseObject({ devDependencies: z.record(z.string(), z.string()) });

/** A package.json of the checkout without what is not needed to run. */
function manifestToRun(file: string): string {
  const manifest = Manifest.parse(JSON.parse(readFileSync(join(ROOT, file), 'utf8')));
  const needed = Object.entries(manifest.devDependencies).filter(
    ([name]) => !NOT_TO_RUN.some((rule) => rule.test(name)),
  );
  return `${JSON.stringify({ ...manifest, devDependencies: Object.fromEntries(needed) }, undefined, 2)}\n`;
}

/**
 * The CLI as JavaScript, `staithe.js` with its parts beside it.
 * @param entry the module to begin with
 * @param define as esbuild has it
 */
export async function bundleCli(
  entry: string,
  outdir: string,
  define: Record<string, string> = {},
): Promise<void> {
  await build({
    entryPoints: { staithe: entry },
    outdir,
    bundle: true,
    // A command loads what it needs and no more, as in the checkout.
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.12',
    minify: true,
    keepNames: true,
    define,
    // Libraries that are CommonJS ask for Node's own modules by `require`, which an ES module has not.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
}

async function packCheckout(outdir: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'staithe-checkout-'));
  try {
    for (const part of PARTS) cpSync(join(ROOT, part), join(folder, part), { recursive: true });
    for (const file of ['package.json', 'embedded-cloud/package.json'])
      writeFileSync(join(folder, file), manifestToRun(file));
    cpSync(join(ROOT, 'package-lock.json'), join(folder, 'package-lock.json'));
    // Takes out of the lock what nothing needs any more; all that stays, it knows from the lock.
    const args = [
      'install',
      '--package-lock-only',
      '--offline',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
    ];
    execFileSync('npm', [...args, '--loglevel=error'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    await packTree(folder, { out: join(outdir, CHECKOUT_ARCHIVE) });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Makes `dist/` anew. @param outdir where to, if not in the checkout */
export async function bundlePackage(outdir: string = join(ROOT, 'dist')): Promise<void> {
  rmSync(outdir, { recursive: true, force: true });
  mkdirSync(outdir, { recursive: true });
  const entry = join(ROOT, 'lib', 'cli', 'main.ts');
  await Promise.all([bundleCli(entry, outdir, { STAITHE_PACKED: 'true' }), packCheckout(outdir)]);
}
