/** The cloud assembly for the embedded cloud: synthesized when something that goes into it has changed, and only then. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { globSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the template and the bundles are made of. */
const INPUTS = ['package-lock.json', 'bin/app.ts', 'lib/**/*.ts', 'functions/**/*.ts', 'stepfunctions/*'];

/** A hash over name, size and time of change of every input: reading them all would cost more than it saves. */
function fingerprintOf(root: string, context: Record<string, string>): string {
  const hash = createHash('sha256').update(JSON.stringify(context));
  for (const file of globSync(INPUTS, { cwd: root }).sort()) {
    const { size, mtimeMs } = statSync(join(root, file));
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/**
 * @param root the checkout
 * @param folder where assemblies are kept
 * @param context CDK context values
 * @returns the folder of the assembly, and whether it had to be made
 */
export async function freshAssembly(
  root: string,
  folder: string,
  context: Record<string, string>,
): Promise<{ assembly: string; made: boolean }> {
  const assembly = join(folder, 'assembly');
  const mark = join(folder, 'assembly.fingerprint');
  const wanted = fingerprintOf(root, context);
  if (readIfThere(mark) === wanted) return { assembly, made: false };
  const fresh = `${assembly}.new`;
  rmSync(fresh, { recursive: true, force: true });
  await synthesize(root, fresh, context);
  rmSync(mark, { force: true });
  rmSync(assembly, { recursive: true, force: true });
  renameSync(fresh, assembly);
  writeFileSync(mark, wanted);
  return { assembly, made: true };
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** In a process of its own: the CDK library takes 300 MB that the cloud does not need. */
async function synthesize(root: string, outdir: string, context: Record<string, string>): Promise<void> {
  const child = spawn(process.execPath, [join(root, 'bin', 'app.ts')], {
    cwd: root,
    env: { ...process.env, CDK_OUTDIR: outdir, CDK_CONTEXT_JSON: JSON.stringify(context) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`The template could not be synthesized:\n${said}`);
}
