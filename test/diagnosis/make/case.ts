/** One failure to be made: a small project, and the command that fails in it. */
import type { Phase } from '../../../lib/domain/diagnosis/phase.ts';
import type { FailureCode } from '../../../lib/domain/execution/model/run.ts';

export interface Case {
  /** `<tool>-<what happens>`: the name of the log's file. */
  readonly name: string;
  readonly label: FailureCode;
  /** Default `command`. */
  readonly phase?: Phase;
  readonly files?: Readonly<Record<string, string>>;
  /** Must succeed; its output is not kept. */
  readonly setup?: string;
  readonly command: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The folder of the build is a file system of this size. */
  readonly diskMb?: number;
  /** The command runs in a cgroup with this much memory, so that the kernel ends it. */
  readonly memoryMb?: number;
  /** The job's own limit: the whole group is ended then. */
  readonly timeoutSeconds?: number;
  /** What the failing step of a Dockerfile should be shown as. */
  readonly stage?: string;
  readonly adversarial?: true;
  /** What a person would quote of the log: its message should have it. */
  readonly headline?: string;
}

/** `package.json` of a project that nobody publishes. */
export const packageJson = (more: object): string =>
  JSON.stringify({ name: 'api', version: '1.0.0', private: true, ...more }, null, 2);
