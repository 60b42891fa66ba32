/** What the domain needs of the world. `lib/aws` and `test/memory` give it; a verb asks for the few that it uses. */

import type { JobActor } from '../access/actor.ts';
import type { LambdaTarget } from '../target/lambda.ts';
import type { ProcessTarget } from '../target/process.ts';
import type { StaticTarget } from '../target/static.ts';
import type { SourceFormat } from '../upload.ts';
import type { Blobs } from './blobs.ts';
import type { ComputeMachines, ComputePlanner } from './compute.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { FunctionLogs } from './function-logs.ts';
import type { GitHost } from './git-host.ts';
import type { ImageTags } from './image-tags.ts';
import type { Images } from './images.ts';
import type { LogStore } from './logs.ts';
import type { Mailer, NotificationSettings, Notifier } from './notifier.ts';
import type { Probe } from './probe.ts';
import type { ProjectSecrets } from './project-secrets.ts';
import type { InstallationRegistry, OpenRegistry } from './registry.ts';
import type { SubscriptionSecrets } from './subscription-secrets.ts';
import type { Table } from './table.ts';
import type { TargetAdapter } from './targets.ts';
import type { Workflows } from './workflows.ts';

export interface Clock {
  now(): Date;
}

export interface Randomness {
  /** A ULID at this time (milliseconds since the epoch), monotonic within the process. */
  ulid(at: number): string;
  /** An unguessable text of 32 random bytes in base64url. */
  secret(): string;
}

/** Signs and checks job tokens. */
export interface JobTokens {
  sign(job: JobActor, expires: Date): Promise<string>;
  /** The job, or undefined when the token is no good or has expired. */
  verify(token: string): Promise<JobActor | undefined>;
}

/** What a stored archive holds, read once from end to end and without unpacking it. */
export interface Trees {
  /**
   * The digest of the tree's content, the same however it was packed, the first of `names` at its root, and the folder
   * that everything in it lies below, where there is one.
   * @throws ArchiveUnreadable when the bytes are no such archive, or one that no build would unpack
   */
  survey(archive: {
    key: string;
    format: SourceFormat;
    stripComponents: number;
    names: readonly string[];
    maxBytes: number;
  }): Promise<{
    treeDigest: string;
    entry: { name: string; bytes: Uint8Array } | undefined;
    wrapper: string | undefined;
  }>;
}

export class ArchiveUnreadable extends Error {
  override readonly name = 'ArchiveUnreadable';
}

/** Secrets of the installation. */
export interface Secrets {
  /** The key with which the git host signs its webhooks. */
  webhook(): Promise<string>;
}

/** What the installation's operator has decided. */
export interface Installation {
  /** Whether a build may take the artifacts of an earlier one of the same content. */
  readonly reuse: boolean;
  /** Whether builds of forks may make container images: where these need power over a machine that others use, they may not. */
  readonly forkImages: boolean;
}

export interface Ports {
  readonly table: Table;
  readonly blobs: Blobs;
  readonly workflows: Workflows;
  readonly logs: LogStore;
  /** The deploy target `lambda`. */
  readonly functions: TargetAdapter<LambdaTarget>;
  readonly sites: TargetAdapter<StaticTarget>;
  /** The deploy target `process`. */
  readonly processes: TargetAdapter<ProcessTarget>;
  readonly functionLogs: FunctionLogs;
  readonly processLogs: FunctionLogs;
  readonly gitHost: GitHost;
  readonly jobTokens: JobTokens;
  readonly trees: Trees;
  readonly secrets: Secrets;
  readonly projectSecrets: ProjectSecrets;
  readonly subscriptionSecrets: SubscriptionSecrets;
  readonly notifier: Notifier;
  readonly mailer: Mailer;
  readonly notificationSettings: NotificationSettings;
  readonly probe: Probe;
  readonly compute: ComputePlanner;
  readonly machines: ComputeMachines;
  readonly deadLetters: DeadLetters;
  /** The installation's own registry of images. */
  readonly registry: InstallationRegistry;
  /** Images in it, looked at. */
  readonly images: Images;
  /** Tags in it. */
  readonly imageTags: ImageTags;
  /** Registries that projects bring along. */
  readonly externalRegistry: OpenRegistry;
  readonly installation: Installation;
  /** The runtimes that functions may have where they are deployed to. */
  readonly runtimes: readonly string[];
  /** Whether processes run where this is installed. */
  readonly runsProcesses: boolean;
  readonly clock: Clock;
  readonly randomness: Randomness;
}
