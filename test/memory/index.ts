/** The whole world in memory: every port of the domain, fast and under the hand of a test. */

import { allowedFrom } from '../../lib/aws/codebuild/allowed.ts';
import { codeBuild } from '../../lib/aws/codebuild/index.ts';
import type { Ports, Secrets } from '../../lib/domain/ports/index.ts';
import { RUNTIMES } from '../../lib/domain/runtimes.ts';
import { type MemoryBlobs, memoryBlobs } from './blobs.ts';
import { type MemoryMachines, memoryMachines } from './compute.ts';
import { type MemoryDeadLetters, memoryDeadLetters } from './dead-letters.ts';
import { type MemoryFunctionLogs, memoryFunctionLogs } from './function-logs.ts';
import { type MemoryFunctions, memoryFunctions } from './functions.ts';
import { type MemoryGitHost, memoryGitHost } from './git-host.ts';
import { memoryJobTokens } from './job-tokens.ts';
import { type MemoryLogs, memoryLogs } from './logs.ts';
import { type MemoryMailer, type MemoryNotifier, memoryMailer, memoryNotifier } from './notifier.ts';
import { type MemoryProbe, memoryProbe } from './probe.ts';
import { type MemoryProcesses, memoryProcesses } from './processes.ts';
import { memoryProjectSecrets } from './project-secrets.ts';
import { type MemoryRegistries, type MemoryRegistry, memoryRegistries, memoryRegistry } from './registry.ts';
import { memorySites } from './sites.ts';
import { type MemorySubscriptionSecrets, memorySubscriptionSecrets } from './subscription-secrets.ts';
import { type MemoryTable, memoryTable } from './table.ts';
import { type MemoryTrees, memoryTrees } from './trees.ts';
import { type MemoryWorkflows, memoryWorkflows } from './workflows.ts';
import { type SimulatedClock, seededRandomness, simulatedClock } from './world.ts';

export interface MemoryPorts extends Ports {
  readonly table: MemoryTable;
  readonly blobs: MemoryBlobs;
  readonly workflows: MemoryWorkflows;
  readonly logs: MemoryLogs;
  readonly functions: MemoryFunctions;
  readonly processes: MemoryProcesses;
  readonly functionLogs: MemoryFunctionLogs;
  readonly processLogs: MemoryFunctionLogs;
  readonly gitHost: MemoryGitHost;
  readonly trees: MemoryTrees;
  readonly subscriptionSecrets: MemorySubscriptionSecrets;
  readonly notifier: MemoryNotifier;
  readonly mailer: MemoryMailer;
  readonly probe: MemoryProbe;
  readonly machines: MemoryMachines;
  readonly deadLetters: MemoryDeadLetters;
  readonly registry: MemoryRegistry;
  readonly externalRegistry: MemoryRegistries;
  readonly clock: SimulatedClock;
}

/** GitHub's own example of a secret (docs: "Validating webhook deliveries"). */
export const WEBHOOK_SECRET = "It's a Secret to Everybody";

export function memorySecrets(webhook = WEBHOOK_SECRET): Secrets {
  return { webhook: async () => webhook };
}

/** @param overrides ports to use instead, e.g. a wrapped table */
export function memoryPorts(overrides: Partial<MemoryPorts> = {}): MemoryPorts {
  const clock = overrides.clock ?? simulatedClock();
  const blobs = overrides.blobs ?? memoryBlobs(clock);
  const registry = overrides.registry ?? memoryRegistry(clock);
  return {
    table: memoryTable(),
    workflows: memoryWorkflows(),
    logs: memoryLogs(),
    functions: memoryFunctions(blobs),
    sites: memorySites(blobs),
    processes: memoryProcesses(blobs),
    functionLogs: memoryFunctionLogs(),
    processLogs: memoryFunctionLogs(),
    gitHost: memoryGitHost(),
    jobTokens: memoryJobTokens(clock),
    trees: memoryTrees(),
    secrets: memorySecrets(),
    projectSecrets: memoryProjectSecrets(),
    subscriptionSecrets: memorySubscriptionSecrets(),
    notifier: memoryNotifier(),
    mailer: memoryMailer(),
    notificationSettings: { loopback: false, mailSender: 'staithe@example.com' },
    probe: memoryProbe(),
    compute: codeBuild(allowedFrom(undefined)),
    machines: memoryMachines(),
    deadLetters: memoryDeadLetters(clock),
    registry,
    images: registry,
    imageTags: registry,
    externalRegistry: memoryRegistries(clock),
    installation: { reuse: true, forkImages: true },
    runtimes: RUNTIMES,
    runsProcesses: true,
    randomness: seededRandomness(),
    ...overrides,
    clock,
    blobs,
  };
}
