/**
 * What each function may touch, as data: by the ports that its entry makes, what it does with them. `grant` gives each
 * function what stands here and the settings that the port reads; test/infrastructure/needs.test.ts holds the table to the
 * entries, so that no port is without its permissions and no permission without its port.
 */
import type { WorkflowName } from '../domain/ports/workflows.ts';

/** What a function may do with items. Transactions are checked by the actions of their parts. */
export type TableAction =
  | 'GetItem'
  | 'BatchGetItem'
  | 'PutItem'
  | 'DeleteItem'
  | 'Query'
  | 'ConditionCheckItem';
export type BlobAction =
  | 'GetObject'
  | 'GetObjectVersion'
  | 'PutObject'
  | 'DeleteObject'
  | 'AbortMultipartUpload'
  | 'ListMultipartUploadParts';
/** Of the bucket: what lies below `projects/<project>/`, and what has a prefix of its own. */
export type BlobPrefix = 'sources' | 'artifacts' | 'caches' | 'uploads';

export interface Needs {
  /** Actions on items of the table. */
  readonly table?: {
    readonly items: readonly TableAction[];
    /** Queries of an index: `gsi1` for most lists, `gsi2` for those by what something is at. */
    readonly indexes?: readonly ('gsi1' | 'gsi2')[];
    /** Makes the key of cursors where there is none yet, and writes nothing else. */
    readonly cursorKey?: true;
    /** Appends to the chains of audit logs, which nobody else may write, and empties their inboxes. */
    readonly auditChains?: true;
  };
  readonly blobs?: {
    readonly objects?: Readonly<Partial<Record<BlobPrefix, readonly BlobAction[]>>>;
    /** Learns that an object is absent: without it S3 answers such a look with 403 instead of 404. */
    readonly list?: true;
    /** Removes all bytes of a project, wherever they are. */
    readonly removeAll?: true;
  };
  readonly workflows?: {
    readonly start?: readonly WorkflowName[];
    readonly stop?: readonly WorkflowName[];
    readonly describe?: readonly WorkflowName[];
    /** Wakes executions that wait with a task token. */
    readonly wake?: readonly WorkflowName[];
  };
  /** What the operator decided of reuse and forks. */
  readonly installation?: true;
  /** Chooses machines for jobs. */
  readonly compute?: true;
  /** The key that signs and verifies them. */
  readonly jobTokens?: true;
  /** The secret of webhooks. */
  readonly secrets?: true;
  /** Nobody who may change them may read them. */
  readonly projectSecrets?: 'read' | 'write' | 'remove';
  /** Nobody who may change them may read them. */
  readonly subscriptionSecrets?: 'read' | 'write' | 'remove';
  /** The sender of e-mail, and whether this machine may be called. */
  readonly notificationSettings?: true;
  /** Sends e-mail. */
  readonly mailer?: true;
  /** Makes repositories, reads images, and hands out sessions that push and pull. */
  readonly registry?: true;
  /** Reads images and no layers. */
  readonly images?: true;
  /** Another tag for an image that is there. */
  readonly imageTags?: true;
  /** Removes repositories, whole. */
  readonly repositories?: true;
  /** Reads what builds printed. */
  readonly logs?: true;
  /** Reads what deployed functions printed; `owners`: learns to which project such a function belongs. */
  readonly functionLogs?: { readonly owners?: true };
  /** Deploys functions. */
  readonly functions?: true;
  /** Deploys sites. */
  readonly sites?: true;
  /** Deploys processes. */
  readonly processes?: true;
  /** Reads what processes printed, and to which project they belong. */
  readonly processLogs?: true;
  /** Whether environments may have processes. */
  readonly runsProcesses?: true;
  /** Asks how machines of builds stand, and ends them. */
  readonly machines?: true;
  /** Looks at dead letters, and hands them to their targets again. */
  readonly deadLetters?: true;
  readonly gitHost?: true;
  /** Links to the git host, and asks it nothing. */
  readonly gitHostUrl?: true;
  /** Publishes events on Staithe's bus. */
  readonly events?: true;
  /** The runtimes that environments may name. */
  readonly runtimes?: true;
  readonly apiUrl?: true;
  /** Asks what is deployed, by its URL. */
  readonly probe?: true;
}

/** By need: the export of lib/aws that makes its port, or the setting that an entry reads itself. */
export const PORTS = {
  table: 'dynamoTable',
  blobs: 's3Blobs',
  workflows: 'stepFunctions',
  installation: 'installation',
  jobTokens: 'jwtJobTokens',
  secrets: 'managedSecrets',
  projectSecrets: 'managedProjectSecrets',
  subscriptionSecrets: 'parameterSecrets',
  notificationSettings: 'notificationSettings',
  mailer: 'sesMailer',
  registry: 'ecrRegistry',
  images: 'ecrImages',
  imageTags: 'ecrImageTags',
  repositories: 'ecrRepositories',
  logs: 'cloudWatchLogs',
  functionLogs: 'cloudWatchFunctionLogs',
  functions: 'lambdaFunctions',
  sites: 'cloudFrontSites',
  processes: 'embeddedProcesses',
  processLogs: 'embeddedProcessLogs',
  runsProcesses: 'STAITHE_PROCESSES',
  compute: 'codeBuild',
  machines: 'codeBuildMachines',
  deadLetters: 'sqsDeadLetters',
  gitHost: 'githubArchives',
  gitHostUrl: 'STAITHE_GIT_HOST_URL',
  events: 'publishEvents',
  runtimes: 'STAITHE_FUNCTION_RUNTIMES',
  apiUrl: 'STAITHE_API_URL',
  probe: 'httpProbe',
} as const satisfies Record<keyof Needs, string>;

/**
 * Of whoever plans runs and starts them (lib/domain/execution/plan): reads a source that has not been surveyed, puts tags
 * on images that are reused, removes the jobs of a run that was ended meanwhile, stops the workflow that another follows,
 * and wakes jobs whose turn in the queue has come.
 */
const PLANNING = {
  workflows: { start: ['build'], stop: ['build'], wake: ['build'] },
  // A build of the default branch sets environments: it lists them, and checks that the project is there.
  items: ['GetItem', 'BatchGetItem', 'PutItem', 'DeleteItem', 'Query', 'ConditionCheckItem'],
  needs: { installation: true, compute: true, imageTags: true, runtimes: true, runsProcesses: true },
} as const satisfies { items: readonly TableAction[]; workflows: Needs['workflows']; needs: Needs };

/** By entry below `functions/`, without `.ts`. */
export const NEEDS: Readonly<Record<string, Needs>> = {
  'api/projects': {
    table: {
      items: ['GetItem', 'BatchGetItem', 'PutItem', 'DeleteItem', 'Query', 'ConditionCheckItem'],
      indexes: ['gsi1'],
    },
    // A higher limit of concurrent jobs wakes those that wait.
    workflows: { wake: ['build'] },
  },
  'api/sources': {
    table: { items: ['GetItem', 'PutItem', 'ConditionCheckItem'] },
    blobs: { objects: { sources: ['PutObject'] } },
  },
  'api/builds': {
    // Lists by ref and by status read gsi2.
    table: { items: PLANNING.items, indexes: ['gsi1', 'gsi2'] },
    blobs: { objects: { sources: ['GetObject'] }, list: true },
    workflows: PLANNING.workflows,
    ...PLANNING.needs,
  },
  'api/logs': {
    // A diagnosis lists the runs of its build.
    table: { items: ['GetItem', 'BatchGetItem'], indexes: ['gsi1'], cursorKey: true },
    logs: true,
    functionLogs: { owners: true },
    processLogs: true,
  },
  'api/jobs': {
    // The result of a run's last job ends the run, by all its jobs.
    table: { items: ['GetItem', 'BatchGetItem', 'PutItem'], indexes: ['gsi1'] },
    blobs: {
      objects: {
        sources: ['GetObject'],
        artifacts: ['GetObject', 'PutObject'],
        caches: ['GetObject', 'PutObject'],
      },
      list: true,
    },
    jobTokens: true,
    projectSecrets: 'read',
  },
  // Apart from the other routes of jobs: only this function may open registries.
  'api/images': {
    table: { items: ['GetItem', 'PutItem', 'ConditionCheckItem'] },
    jobTokens: true,
    projectSecrets: 'read',
    registry: true,
  },
  'api/artifacts': {
    table: { items: ['GetItem', 'BatchGetItem', 'PutItem', 'DeleteItem'], indexes: ['gsi1'] },
    blobs: {
      objects: {
        artifacts: ['GetObject', 'PutObject'],
        uploads: [
          'GetObject',
          'GetObjectVersion',
          'PutObject',
          'DeleteObject',
          'AbortMultipartUpload',
          'ListMultipartUploadParts',
        ],
      },
      list: true,
    },
  },
  'api/secrets': {
    table: { items: ['GetItem', 'PutItem', 'DeleteItem', 'Query'] },
    projectSecrets: 'write',
  },
  'api/caches': { table: { items: ['GetItem', 'PutItem', 'DeleteItem', 'Query'] } },
  'api/releases': {
    table: {
      items: ['GetItem', 'BatchGetItem', 'PutItem', 'DeleteItem', 'Query', 'ConditionCheckItem'],
      indexes: ['gsi1', 'gsi2'],
    },
    // Only whether the bytes are there; S3 has no action of its own for it (docs: S3, HeadObject).
    blobs: { objects: { artifacts: ['GetObject'] }, list: true },
    images: true,
    gitHostUrl: true,
  },
  'api/environments': {
    table: {
      items: ['GetItem', 'BatchGetItem', 'PutItem', 'DeleteItem', 'Query', 'ConditionCheckItem'],
      // Releases by their commit, and artifacts by their digest.
      indexes: ['gsi1', 'gsi2'],
    },
    // A deployment may create its release: only whether the bytes are there.
    blobs: { objects: { artifacts: ['GetObject'] }, list: true },
    images: true,
    // Who cancels a deployment ends its jobs; who verifies one runs its test again.
    workflows: { start: ['deployment', 'build'], stop: ['build'] },
    compute: true,
    probe: true,
    runtimes: true,
    runsProcesses: true,
  },
  'api/tokens': {
    table: {
      items: ['GetItem', 'BatchGetItem', 'PutItem', 'DeleteItem', 'ConditionCheckItem'],
      indexes: ['gsi1', 'gsi2'],
    },
  },
  'api/webhooks': {
    // Lists by what came of deliveries read gsi2.
    table: { items: ['GetItem', 'BatchGetItem', 'PutItem', 'Query'], indexes: ['gsi1', 'gsi2'] },
    secrets: true,
  },
  'api/subscriptions': {
    table: { items: ['GetItem', 'BatchGetItem', 'PutItem', 'ConditionCheckItem'], indexes: ['gsi1', 'gsi2'] },
    subscriptionSecrets: 'write',
    notificationSettings: true,
  },
  'api/audit': {
    table: { items: ['GetItem', 'BatchGetItem', 'Query'], indexes: ['gsi1'], cursorKey: true },
  },
  'api/dead-letters': { table: { items: ['GetItem', 'PutItem'] }, deadLetters: true },
  'api/service': { apiUrl: true },

  'steps/build': {
    table: { items: ['GetItem', 'BatchGetItem', 'PutItem'] },
    workflows: { wake: ['build'] },
    compute: true,
  },
  'steps/deployment': {
    // A rollback's success takes back the release that served.
    table: { items: ['GetItem', 'BatchGetItem', 'PutItem', 'DeleteItem', 'ConditionCheckItem'] },
    // Its commands and tests are jobs on build machines.
    workflows: { start: ['build'], stop: ['build'], wake: ['build', 'deployment'] },
    compute: true,
    probe: true,
    functions: true,
    sites: true,
    functionLogs: {},
    processes: true,
    processLogs: true,
  },
  'steps/trigger': {
    table: { items: PLANNING.items },
    blobs: { objects: { sources: ['GetObject', 'PutObject'] } },
    // A push may cancel the run of an older one that still waits.
    workflows: PLANNING.workflows,
    ...PLANNING.needs,
    gitHost: true,
  },

  // Each event is announced to those who have subscribed to it.
  'events/table-changed': { table: { items: ['PutItem'], indexes: ['gsi1'] }, events: true },
  'events/notification-pending': {
    table: { items: ['GetItem', 'PutItem', 'DeleteItem'] },
    subscriptionSecrets: 'read',
    notificationSettings: true,
    mailer: true,
  },
  'events/audit-recorded': { table: { items: ['BatchGetItem', 'Query'], auditChains: true } },
  'events/object-created': {
    table: { items: PLANNING.items },
    blobs: { objects: { sources: ['GetObject'] } },
    workflows: PLANNING.workflows,
    ...PLANNING.needs,
  },
  'events/upload-arrived': {
    table: { items: ['GetItem', 'PutItem'] },
    blobs: {
      objects: { uploads: ['GetObject', 'GetObjectVersion', 'DeleteObject'], artifacts: ['PutObject'] },
      list: true,
    },
  },
  'events/execution-ended': { table: { items: ['GetItem', 'BatchGetItem', 'PutItem'] } },
  'events/deployment-ended': {
    table: { items: ['GetItem', 'BatchGetItem', 'PutItem', 'Query', 'ConditionCheckItem'] },
    workflows: { start: ['deployment'] },
  },
  'events/deployment-job-ended': {
    table: { items: ['GetItem', 'PutItem'] },
    workflows: { wake: ['build', 'deployment'] },
  },
  'events/job-ended': { table: { items: ['GetItem', 'PutItem'] }, workflows: { wake: ['build'] } },
  'events/sweep-due': {
    table: { items: PLANNING.items, indexes: ['gsi2'] },
    blobs: { objects: { sources: ['GetObject'] } },
    workflows: { ...PLANNING.workflows, start: ['build', 'deployment'], describe: ['build'] },
    machines: true,
    ...PLANNING.needs,
  },
  'events/project-deleted': {
    table: {
      items: ['GetItem', 'BatchGetItem', 'PutItem', 'DeleteItem', 'Query'],
      indexes: ['gsi1', 'gsi2'],
    },
    blobs: { removeAll: true },
    projectSecrets: 'remove',
    subscriptionSecrets: 'remove',
    repositories: true,
    workflows: { stop: ['build'] },
  },

  'operator/create-admin-token': {
    table: { items: ['GetItem', 'PutItem', 'DeleteItem', 'ConditionCheckItem'] },
  },
};
