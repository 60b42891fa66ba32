/** The port of deploy targets: one adapter for each kind. Every call may be repeated. */
import type { Target } from '../target/index.ts';
import type { Answer, Question } from './probe.ts';

/** What goes to a target: an artifact by its digest, and the configuration that a deployment froze. */
export interface TargetRelease<T extends Target = Target> {
  readonly deploymentId: string;
  readonly projectId: string;
  readonly environment: string;
  readonly target: T;
  readonly variables: Readonly<Record<string, string>>;
  /** Its key in the blob store, and its digest (`sha256:…`), which the target must confirm. */
  readonly artifact: {
    readonly key: string;
    readonly digest: string;
    /** Of an image in the installation's registry: `host/repository@sha256:…`. */
    readonly image?: string | undefined;
  };
}

/** Expected refusals of a target: wrong digest, no such runtime, not allowed. The message is for people. */
export class TargetError extends Error {
  override readonly name = 'TargetError';
}

export interface Traffic {
  readonly version: string;
  /** The version that has the rest; absent when nothing serves yet, and then the version has all. */
  readonly previous?: string | undefined;
  readonly percent: number;
}

export interface TargetAdapter<T extends Target = Target> {
  /** The version that serves, or has the most of the traffic. */
  serving(release: TargetRelease<T>): Promise<string | undefined>;
  /** Whether an earlier version is there still, and is just this release: its digest and its variables. */
  has(release: TargetRelease<T>, version: string): Promise<boolean>;
  /** Begins to make a version of the release, which gets no traffic. @throws TargetError */
  prepare(release: TargetRelease<T>): Promise<void>;
  /** Whether what was begun is done. @throws TargetError when it failed */
  isReady(release: TargetRelease<T>): Promise<boolean>;
  /**
   * Freezes what was prepared, which must be just this release.
   * @returns the version. @throws TargetError when it was changed since
   */
  publish(release: TargetRelease<T>): Promise<string>;
  /** Asks a version that may have no traffic yet, as a user would. Absent, or undefined, where nothing can be asked. */
  ask?(release: TargetRelease<T>, version: string, question: Question): Promise<Answer | undefined>;
  /** A URL of a version that gets no traffic yet, for tests. Absent where there is none. */
  candidateUrl?(release: TargetRelease<T>, version: string): Promise<string | undefined>;
  /** Removes the URL of a version without traffic, where one was made for the test. */
  dropCandidate?(release: TargetRelease<T>): Promise<void>;
  /** Sends a share of the traffic to a version. @returns where users reach it, if they do by URL */
  shift(release: TargetRelease<T>, traffic: Traffic): Promise<{ readonly url?: string | undefined }>;
  /**
   * Ends what was prepared and shall have no traffic, where it would run on: a version, or what `prepare` has begun when there
   * is none yet. One that has traffic stays. Not `dropCandidate`, after which the version may go on to have traffic.
   */
  drop?(release: TargetRelease<T>, version: string | undefined): Promise<void>;
  /** What speaks against a version that has traffic, in a sentence. */
  fault?(release: TargetRelease<T>, watched: Watched): Promise<string | undefined>;
}

/** A version that has a share of the traffic. */
export interface Watched {
  readonly version: string;
  readonly percent: number;
  /** Since when, in milliseconds since the epoch. */
  readonly since: number;
  /** Whether it is watched for a time; otherwise it is looked at once. */
  readonly isBaking: boolean;
}
