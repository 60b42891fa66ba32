/** What each need takes: once for each, the permissions and the settings of its port. */
import type { EventBus } from 'aws-cdk-lib/aws-events';
import type { WorkflowName } from '../domain/ports/workflows.ts';
import type { Builds } from './builds.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Deployments } from './deployments.ts';
import type { StaitheFunction } from './function.ts';
import { type BlobPrefix, NEEDS, type Needs } from './needs.ts';
import type { Registry } from './registry.ts';
import type { Secrets } from './secrets.ts';
import type { Storage } from './storage.ts';
import { giveWorkflows, type Workflow } from './workflow.ts';

/** Who has what may be granted. */
interface Owners {
  readonly storage: Storage;
  readonly secrets: Secrets;
  readonly registry: Registry;
  readonly builds: Builds;
  readonly deployments: Deployments;
  readonly deadLetters: DeadLetters;
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
  table: (to, { items, indexes = [], cursorKey }, { storage }) => {
    storage.giveTable(to, ...items);
    if (cursorKey) storage.giveCursorKey(to);
    for (const index of indexes) storage.giveIndex(to, index);
  },
  blobs: (to, { objects = {}, list, removeAll }, { storage }) => {
    for (const prefix of PREFIXES) {
      const actions = objects[prefix];
      if (actions !== undefined) storage.giveBytes(to, prefix, ...actions);
    }
    if (list) storage.giveListing(to);
    if (removeAll) storage.giveRemoval(to);
  },
  workflows: (to, { start = [], stop = [], look = [], wake = [] }, { workflows }) => {
    const named = (names: readonly WorkflowName[]) => names.map((name) => workflows[name]);
    giveWorkflows(to, { start: named(start), stop: named(stop), look: named(look), wake: named(wake) });
  },
  installation: (to, _, { builds }) => builds.giveInstallation(to),
  compute: (to, _, { builds }) => builds.giveCompute(to),
  jobTokens: (to, _, { secrets }) => secrets.giveJobTokens(to),
  secrets: (to, _, { secrets }) => secrets.giveWebhook(to),
  projectSecrets: (to, access, { secrets }) => secrets.giveProjectSecrets(to, access),
  registry: (to, _, { registry }) => registry.giveRegistry(to),
  imageTags: (to, _, { registry }) => registry.giveTags(to),
  repositories: (to, _, { registry }) => registry.giveRemoval(to),
  logs: (to, _, { builds }) => builds.giveLogs(to),
  functionLogs: (to, { owners }, { deployments }) => {
    deployments.giveFunctionLogs(to);
    if (owners) deployments.giveOwners(to);
  },
  functions: (to, _, { deployments, storage }) => {
    // Lambda reads the code with the permission of whoever updates the function.
    storage.giveBytes(to, 'artifacts', 'GetObject');
    deployments.giveFunctions(to);
  },
  machines: (to, _, { builds }) => builds.giveMachines(to),
  deadLetters: (to, _, { deadLetters }) => deadLetters.giveRedrive(to),
  gitHost: (to, _, { gitHostUrl }) => to.give({ STAITHE_GIT_HOST_URL: gitHostUrl }),
  events: (to, _, { bus }) =>
    to.give(
      { STAITHE_EVENT_BUS: bus.eventBusName },
      { actions: ['events:PutEvents'], resources: [bus.eventBusArn] },
    ),
  runtimes: (to, _, { deployments }) => deployments.giveRuntimes(to),
  apiUrl: (to, _, { apiUrl }) => to.give({ STAITHE_API_URL: apiUrl }),
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
