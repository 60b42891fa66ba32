/** The port of the deploy target `lambda`. Every call may be repeated. */
import type { LambdaTarget } from '../target.ts';

export interface FunctionRelease {
  readonly target: LambdaTarget;
  readonly variables: Readonly<Record<string, string>>;
  readonly projectId: string;
  /** The zip's key in the blob store, and its digest, which the platform must confirm. */
  readonly blobKey: string;
  readonly digest: string;
}

/** Expected refusals of the target: wrong digest, no such runtime, not allowed. The message is for people. */
export class TargetError extends Error {
  override readonly name = 'TargetError';
}

export interface Functions {
  /** Creates the function, or gives it this code and configuration. @throws TargetError */
  apply(release: FunctionRelease): Promise<void>;
  /** Whether the last change is in force. @throws TargetError when it failed */
  isReady(functionName: string): Promise<boolean>;
  /** The version that the alias is on. */
  aliasVersion(functionName: string, alias: string): Promise<string | undefined>;
  /** Whether this version is there still, and is just this release: its digest and its variables. */
  hasVersion(release: FunctionRelease, version: string): Promise<boolean>;
  /**
   * Publishes what the function is now, which must be just this release: its digest and its variables.
   * @returns the version. @throws TargetError when somebody has changed it since
   */
  publish(release: FunctionRelease): Promise<string>;
  /** Points the alias at the version and makes sure of its public URL. @returns the URL */
  moveAlias(functionName: string, alias: string, version: string): Promise<string>;
}
