/** The disk of a job: looked at while the job works, so that it ends with a reason before nothing can be written any more. */
import { statfsSync } from 'node:fs';
import { classify } from '../domain/diagnosis/classify.ts';
import { inWords } from './artifacts.ts';
import type { ReportedFailure } from './failure.ts';

/** What a machine needs to go on: its log, the report, and what others on it write. On a small disk a fiftieth. */
const LEFT_BYTES = 256 * 1024 * 1024;
const SHARE = 50;
/** A disk that takes 1 GB a second has not used up what is left by then. */
const EVERY_MS = 250;

/** @param full is told what is left, once */
export function watchDisk(folder: string, full: (left: string) => void): { stop(): void } {
  const timer = setInterval(() => {
    const left = leftIfFull(folder);
    if (left === undefined) return;
    clearInterval(timer);
    full(left);
  }, EVERY_MS).unref();
  return { stop: () => clearInterval(timer) };
}

function leftIfFull(folder: string): string | undefined {
  try {
    const { bavail, blocks, bsize } = statfsSync(folder);
    const size = blocks * bsize;
    const left = bavail * bsize;
    return left < Math.min(LEFT_BYTES, size / SHARE) ? `${inWords(left)} of ${inWords(size)}` : undefined;
  } catch {
    return undefined; // the folder is gone
  }
}

export function diskFailure(left: string, step: string, lastLines: readonly string[]): ReportedFailure {
  const { code, hint } = classify({ phase: 'agent', disk_full: true, last_lines: [] });
  return {
    code,
    message: `The job was stopped during '${step}' because the disk was almost full: ${left} left.`,
    hint,
    step,
    last_lines: [...lastLines],
  };
}
