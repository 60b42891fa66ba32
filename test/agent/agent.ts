/** Starts the agent as backends do: the bundle, as a process of its own. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleAgent } from '../../lib/agent/bundle.ts';
import { JOB_ID, TICKET } from './claimed-job.ts';
import { ControlPlane, type Scene } from './control-plane.ts';

export interface Ended {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What the agent printed, or its last 200 KB. */
  readonly output: string;
  readonly outputBytes: number;
  /** Peak of the agent's own resident memory, in MB. */
  readonly peakMb: number;
}

/** One folder for a test file: the bundle, and the agents' temporary files. */
export class AgentBench implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'staithe-agent-test-'));
  readonly #bundle = join(this.root, 'agent.cjs');

  async build(): Promise<{ bytes: number }> {
    return bundleAgent(this.#bundle);
  }

  start(plane: ControlPlane, env: Record<string, string> = {}) {
    const child = spawn(process.execPath, ['--import', this.#meter(), this.#bundle], {
      env: {
        PATH: process.env.PATH ?? '',
        TMPDIR: this.root,
        STAITHE_API_URL: plane.url,
        STAITHE_JOB_ID: JOB_ID,
        STAITHE_JOB_TICKET: TICKET,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let outputBytes = 0;
    let meter = '';
    child.stdout.on('data', (chunk: Buffer) => {
      outputBytes += chunk.length;
      output = (output + chunk.toString()).slice(-200_000);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      meter += chunk.toString();
    });
    const ended = new Promise<Ended>((resolve) => {
      child.once('close', (exitCode, signal) => {
        const peakMb = Number(/peak (\d+)/.exec(meter)?.[1] ?? Number.NaN) / 1024;
        resolve({ exitCode, signal, output: output + meter.replace(/peak \d+\n/, ''), outputBytes, peakMb });
      });
    });
    return { child, ended, output: () => output };
  }

  async run(scene: Scene, env: Record<string, string> = {}): Promise<Ended & { plane: ControlPlane }> {
    await using plane = await ControlPlane.start(scene);
    const ended = await this.start(plane, env).ended;
    return { ...ended, plane };
  }

  /** Prints the peak of memory when the process ends: the kernel's own count, in KB. */
  #meter(): string {
    const code =
      "process.on('exit', () => process.stderr.write('peak ' + process.resourceUsage().maxRSS + '\\n'))";
    return `data:text/javascript,${encodeURIComponent(code)}`;
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
