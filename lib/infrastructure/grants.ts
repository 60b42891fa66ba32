/** What each need takes: once for each, the permissions and the settings of its port. */
import type { EventBus } from 'aws-cdk-lib/aws-events';
import type { WorkflowName } from '../domain/ports/workflows.ts';
import type { Builds } from './builds.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Deployments } from './deployments.ts';
import type { StaitheFunction } from './function.ts';
import { type BlobPrefix, NEEDS, type Needs } from './needs.ts';
import type { Notifications } from './notifications.ts';
import type { Processes } from './processes.ts';
import type { Registry } from './registry.ts';
import type { Secrets } from './secrets.ts';
import type { Sites } from './sites.ts';
import type { Storage } from './storage.ts';
import { grantWorkflows, type Workflow } from './workflow.ts';

/** Who has what may be granted. */
interface Owners {
  readonly storage: Storage;
  readonly secrets: Secrets;
  readonly registry: Registry;
  readonly builds: Builds;
  readonly deployments: Deployments;
  readonly sites: Sites;
  readonly processes: Processes;
  readonly deadLetters: DeadLetters;
  readonly notifications: Notifications;
  readonly bus: EventBus;
  readonly workflows: Readonly<Record<WorkflowName, Workflow>>;
  readonly gitHostUrl: string;
  readonly apiUrl: string;
}

type AnyNeed = Required<Needs>;
type Grants = {
  readonly [Name in keyof AnyNeed]: (to: StaitheFunction, need: AnyNeed[Name], owners: Owners) => void;
};

const PREFIXES: readonly BlobPrefix[] = ['sources', 'artifacts', 'caches', 'uploads'];

const GRANTS: Grants = {
  table: (to, { items, indexes = [], cursorKey, auditChains }, { storage }) => {
    storage.grantTable(to, ...items);
    if (auditChains) storage.grantAuditChains(to);
    if (cursorKey) storage.grantCursorKey(to);
    for (const index of indexes) storage.grantIndex(to, index);
  },
  blobs: (to, { objects = {}, list, removeAll }, { storage }) => {
    for (const prefix of PREFIXES) {
      const actions = objects[prefix];
      if (actions !== undefined) storage.grantBytes(to, prefix, ...actions);
    }
    if (list) storage.grantListing(to);
    if (removeAll) storage.grantRemoval(to);
  },
  workflows: (to, { start = [], stop = [], describe = [], wake = [] }, { workflows }) => {
    const named = (names: readonly WorkflowName[]) => names.map((name) => workflows[name]);
    grantWorkflows(to, {
      start: named(start),
      stop: named(stop),
      describe: named(describe),
      wake: named(wake),
    });
  },
  installation: (to, _, { builds }) => builds.grantInstallation(to),
  compute: (to, _, { builds }) => builds.grantCompute(to),
  jobTokens: (to, _, { secrets }) => secrets.grantJobTokens(to),
  secrets: (to, _, { secrets }) => secrets.grantWebhook(to),
  projectSecrets: (to, access, { secrets }) => secrets.grantProjectSecrets(to, access),
  subscriptionSecrets: (to, access, { notifications }) => notifications.grantSecrets(to, access),
  notificationSettings: (to, _, { notifications }) => notifications.grantSettings(to),
  probe: (to, _, { notifications }) => notifications.grantLoopback(to),
  mailer: (to, _, { notifications }) => notifications.grantMail(to),
  registry: (to, _, { registry }) => registry.grantRegistry(to),
  images: (to, _, { registry }) => registry.grantImages(to),
  imageTags: (to, _, { registry }) => registry.grantTags(to),
  repositories: (to, _, { registry }) => registry.grantRemoval(to),
  logs: (to, _, { builds }) => builds.grantLogs(to),
  functionLogs: (to, { owners }, { deployments }) => {
    deployments.grantFunctionLogs(to);
    if (owners) deployments.grantOwners(to);
  },
  functions: (to, _, { deployments, storage, registry }) => {
    // Lambda reads the code with the permission of whoever updates the function.
    storage.grantBytes(to, 'artifacts', 'GetObject');
    deployments.grantFunctions(to);
    registry.grantFunctions(to);
  },
  sites: (to, _, { sites, storage }) => {
    storage.grantBytes(to, 'artifacts', 'GetObject');
    sites.grantSites(to);
  },
  processes: (to, _, { processes, storage }) => {
    // The service reads the code with the permission of whoever makes a version.
    storage.grantBytes(to, 'artifacts', 'GetObject');
    processes.grantDeployments(to);
  },
  processLogs: (to, _, { processes }) => processes.grantLogs(to),
  runsProcesses: (to, _, { processes }) => processes.grantSetting(to),
  machines: (to, _, { builds }) => builds.grantMachines(to),
  deadLetters: (to, _, { deadLetters }) => deadLetters.grantRedrive(to),
  gitHost: (to, _, { gitHostUrl }) => to.grant({ STAITHE_GIT_HOST_URL: gitHostUrl }),
  gitHostUrl: (to, _, { gitHostUrl }) => to.grant({ STAITHE_GIT_HOST_URL: gitHostUrl }),
  events: (to, _, { bus }) =>
    to.grant(
      { STAITHE_EVENT_BUS: bus.eventBusName },
      { actions: ['events:PutEvents'], resources: [bus.eventBusArn] },
    ),
  runtimes: (to, _, { deployments }) => deployments.grantRuntimes(to),
  apiUrl: (to, _, { apiUrl }) => to.grant({ STAITHE_API_URL: apiUrl }),
};

/**
 * Grants every function what it needs. Call it last: what may be redriven is all that rules call.
 * @throws Error for a function that NEEDS does not know, and for needs of a function that is not there
 */
export function grantNeeds(functions: readonly StaitheFunction[], owners: Owners): void {
  const missing = new Set(Object.keys(NEEDS));
  for (const fn of functions) {
    const needs = NEEDS[fn.entry];
    if (needs === undefined)
      throw new Error(`needs.ts does not say what functions/${fn.entry}.ts may touch.`);
    missing.delete(fn.entry);
    const grant = <Name extends keyof AnyNeed>(name: Name): void => {
      const need: Partial<AnyNeed>[Name] = needs[name];
      if (need !== undefined) GRANTS[name](fn, need, owners);
    };
    for (const name of NAMES) grant(name);
  }
  if (missing.size > 0)
    throw new Error(`needs.ts has ${[...missing].join(', ')}, which no construct deploys.`);
}

const NAMES = Object.keys(GRANTS) as (keyof Needs)[];
