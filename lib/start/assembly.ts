/** The cloud assembly for the embedded cloud: synthesized when something that goes into it has changed, and only then. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, globSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the template and the bundles are made of. */
const INPUTS = ['package-lock.json', 'bin/app.ts', 'lib/**/*.ts', 'functions/**/*.ts', 'stepfunctions/*'];

/** Rooms that neither the template nor a function may import (test/structure/imports.test.ts). */
const NO_INPUT = /^lib\/(cli|local|memory|package|start)\//;

/** What an assembly was made from, twice: to see quickly that nothing was touched, and whether a touch changed anything. */
interface Fingerprint {
  /** Over name, size and time of change of every input. */
  readonly touched: string;
  /** Over what stands in them; 30 ms, so only when they were touched. */
  readonly content: () => string;
}

function fingerprintOf(root: string): Fingerprint {
  const files = globSync(INPUTS, { cwd: root })
    .filter((file) => !NO_INPUT.test(file))
    .sort();
  const over = (read: (path: string) => string | Buffer) => {
    const hash = createHash('sha256');
    for (const file of files) hash.update(`${file}\n`).update(read(join(root, file)));
    return hash.digest('hex');
  };
  const stampOf = (path: string) => {
    const { size, mtimeMs } = statSync(path);
    return `${size} ${mtimeMs}\n`;
  };
  return { touched: over(stampOf), content: () => over((path) => readFileSync(path)) };
}

/**
 * @param root the checkout
 * @param folder where assemblies are kept
 * @param options.unchecked without cdk-nag, whose report a start does not read
 * @param options.onStage gets the name of each stage while one is made
 * @returns the folder of the assembly, and whether it had to be made
 */
export async function freshAssembly(
  root: string,
  folder: string,
  options: { unchecked?: boolean; onStage?: (stage: string) => void } = {},
): Promise<{ assembly: string; made: boolean }> {
  const assembly = join(folder, 'assembly');
  const mark = join(folder, 'assembly.fingerprint');
  const { touched, content } = fingerprintOf(root);
  const [earlierTouched, earlierContent] = existsSync(assembly) ? (readIfThere(mark) ?? '').split('\n') : [];
  if (earlierTouched === touched) return { assembly, made: false };
  const wanted = content();
  const note = () => writeFileSync(mark, `${touched}\n${wanted}`);
  if (earlierContent === wanted) {
    note();
    return { assembly, made: false };
  }
  const fresh = `${assembly}.new`;
  rmSync(fresh, { recursive: true, force: true });
  await synthesize(root, fresh, options).catch((error: unknown) => {
    rmSync(fresh, { recursive: true, force: true }); // half of one, on a disk that may be full
    throw error;
  });
  rmSync(mark, { force: true });
  rmSync(assembly, { recursive: true, force: true });
  renameSync(fresh, assembly);
  note();
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
async function synthesize(
  root: string,
  outdir: string,
  { unchecked = false, onStage }: { unchecked?: boolean; onStage?: (stage: string) => void },
): Promise<void> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(root, 'bin', 'app.ts')],
    {
      cwd: root,
      env: {
        ...process.env,
        CDK_OUTDIR: outdir,
        ...(unchecked && { STAITHE_SYNTH_UNCHECKED: '1' }),
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  );
  child.on('message', (stage) => onStage?.(String(stage)));
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (said += chunk));
  const [code] = await once(child, 'close');
  if (code === 0) return;
  // What the system refused says all; the stack around it is CDK's.
  const refused = /^Error: (E[A-Z]+: .*)$/m.exec(said)?.[1];
  const cause = new Error(said);
  throw refused === undefined
    ? new Error(`The template could not be synthesized:\n${said}`, { cause })
    : new Error(`The template could not be synthesized. ${refused}`, { cause });
}
