/**
 * Keys and indexes of the one table, and every way in which it is read.
 *
 * | what is asked                      | how                                                          |
 * | ---------------------------------- | ------------------------------------------------------------ |
 * | project by slug                    | get PROJECT#<slug> / PROJECT                                 |
 * | project by id                      | get PROJECT#<prj> / ALIAS, then by slug                      |
 * | projects by slug                   | query gsi1 PROJECTS                                          |
 * | deleted projects, not all gone yet | get DELETION#<prj> / DELETION; query gsi2 OPEN_DELETIONS     |
 * | projects of a repository           | query REPOSITORY#<owner/name>                                |
 * | synced manifest by hash            | get MANIFEST#<prj> / <hash>                                  |
 * | newest synced manifest             | get MANIFEST#<prj> / LATEST, then by hash                    |
 * | manifest of a tree by hash         | get MANIFEST#<prj> / TREE#<hash>                             |
 * | build that set environments last   | get MANIFEST#<prj> / NEWEST                                  |
 * | source by id                       | get SOURCE#<src> / SOURCE                                    |
 * | source of a project by sha256      | get SOURCES#<prj> / <sha256>                                 |
 * | was a pull token given lately      | get PROJECT#<prj> / PULL                                     |
 * | build by id                        | get BUILD#<bld> / BUILD                                      |
 * | builds of a project, newest first  | query gsi1 BUILDS#<prj>                                      |
 * | builds of a ref, newest first       | query gsi2 BUILDS#<prj>#<ref> (keys only), then batch get    |
 * | newest runs of the builds of a list | batch get RUN#<run> / RUN (each build names its newest)      |
 * | builds whose run is open            | query gsi2 OPEN_RUNS from <prj>#, then batch get runs, builds |
 * | builds whose run completed, failed  | query gsi2 RUNS#<prj>#<status>, then batch get runs, builds  |
 * | lists across projects               | the list of each project (up to 100), merged by time         |
 * | run by id; newest run of a build   | get RUN#<run> / RUN (the build's item names its newest run)  |
 * | runs of a build, newest first      | query gsi1 RUNS#<bld>                                        |
 * | runs of a deployment's jobs        | query gsi1 RUNS#<dep>                                        |
 * | job by id; jobs of a run           | get, batch get JOB#<job> / JOB (the run's item names them)   |
 * | artifact by id; of a run           | get, batch get ARTIFACT#<art> / ARTIFACT (named by the run)  |
 * | does a release use this upload     | get ARTIFACT#<art> / USE                                     |
 * | artifacts of a project             | query gsi1 ARTIFACTS#<prj>                                   |
 * | artifacts of a digest              | query gsi2 ARTIFACTS#<prj> / <digest>#<art> (keys only)      |
 * | release by id                      | get RELEASE#<rel> / RELEASE                                  |
 * | release by version or tag          | get RELEASES#<prj> / NAME#<version or tag>; then by id       |
 * | newest release that is not yanked  | query RELEASES#<prj> / DEPLOYABLE#<rel>; then by id          |
 * | highest version within a range     | query RELEASES#<prj> / STABLE#<key>, PRERELEASE#<key> (release/version.ts) |
 * | releases of a project              | query gsi1 RELEASES#<prj>                                    |
 * | releases of a commit or a build    | query gsi2 RELEASES#<prj> / <sha or bld>#<rel> (keys only), then batch get; a sha may be short |
 * | releases of the same artifacts     | query RELEASES#<prj> / CONTENT#<sha256>#<rel>, YANKED_CONTENT#; then by id |
 * | release that a deployment made     | get RELEASES#<prj> / MADE#<of what>; then by id              |
 * | those yanked, those that are not   | query RELEASES#<prj> / YANKED#<rel>, DEPLOYABLE#<rel>; then by id |
 * | those of a range, of a tag's prefix | query RELEASES#<prj> / [YANKED_]STABLE#, [YANKED_]PRERELEASE#, NAME#; then by id |
 * | has a release succeeded somewhere  | get RELEASES#<prj> / SUCCESS#<environment>#<rel>             |
 * | environment; those of a project    | get, query ENVIRONMENTS#<prj> / <name>                       |
 * | environment that a function is of  | get FUNCTION#<name> / FUNCTION                               |
 * | deployment by id                   | get DEPLOYMENT#<dep> / DEPLOYMENT                            |
 * | deployments of an environment      | query gsi1 DEPLOYMENTS#<prj>#<environment>                   |
 * | token by id; all tokens            | get TOKEN#<tok> / TOKEN; query gsi1 TOKENS                   |
 * | tokens of one project              | query gsi2 TOKENS#<prj> (keys only), then batch get          |
 * | the token of a holder              | get HOLDER#<name> / HOLDER                                   |
 * | user by id; by handle                | get USER#<usr> / USER; get USER_NAME#<name>, then by id      |
 * | users by handle                     | query gsi1 USERS                                             |
 * | subscription by id; all of them    | get SUBSCRIPTION#<sub> / SUBSCRIPTION; query gsi2 SUBSCRIPTIONS, then batch get |
 * | subscriptions of a project         | query gsi1 SUBSCRIPTIONS#<prj>, of the installation SUBSCRIPTIONS |
 * | deleted ones of a project          | query gsi1 DELETED_SUBSCRIPTIONS#<prj>                       |
 * | notification by id                 | get NOTIFICATION#<ntf> / NOTIFICATION                        |
 * | notifications of a subscription    | query gsi1 NOTIFICATIONS#<sub>                               |
 * | notifications that are due         | query gsi2 DUE_NOTIFICATIONS up to now (keys only)           |
 * | delivery by id                     | get DELIVERY#<dlv> / DELIVERY                                |
 * | deliveries of a project            | query gsi1 DELIVERIES#<prj>: deliveries, and entries that name them |
 * | deliveries of no project           | query gsi1 DELIVERIES                                        |
 * | the same by what came of them      | query gsi2 DELIVERIES[#<prj>]#<kind>, then batch get         |
 * | secret; those of a project         | get, query SECRETS#<prj> / <name>                            |
 * | reads of a secret, newest first    | query SECRET_READS#<prj>#<name>                              |
 * | cache entry; those of a project    | get, query CACHES#<prj> / <service>#<branch>#<sha256>        |
 * | newest cache of the same paths     | query gsi1 CACHES#<prj>#<sha256>                             |
 * | was this commit of a ref built      | get COMMITS#<prj> / <sha>#<ref>                              |
 * | what a build of this kind made      | get REUSE#<prj>#<identity> / REUSE, of a branch REUSE#<it>   |
 * | a project's queue of jobs           | get QUEUE#<prj> / QUEUE                                      |
 * | newest run of a branch              | get HEADS#<prj> / <branch>                                   |
 * | runs, uploads that have not ended   | query gsi2 OPEN_RUNS, OPEN_UPLOADS (keys only)               |
 * | deployments that were not begun    | query gsi2 PENDING_DEPLOYMENTS (keys only)                   |
 * | entries of an audit log by time    | query AUDIT#<log> from aud_ (the log is a project's id, or installation) |
 * | links of its chain, newest link    | query AUDIT#<log> SEQ#, then batch get AUDIT#<log> / <aud>   |
 * | entries that are not chained yet   | query AUDIT_INBOX#<log>                                      |
 * | deployments that wait for a rule   | query gsi2 WAITING_DEPLOYMENTS (keys only)                   |
 * | what cursors are sealed with       | get CURSOR_KEY / CURSOR_KEY                                  |
 * | first answer to an Idempotency-Key | get IDEMPOTENCY#<sha256> / IDEMPOTENCY                       |
 */
import type { Key } from '../ports/table.ts';

const single =
  (kind: string) =>
  (id: string): Key => ({ pk: `${kind}#${id}`, sk: kind });

export const Keys = {
  project: single('PROJECT'),
  projectAlias: (projectId: string): Key => ({ pk: `PROJECT#${projectId}`, sk: 'ALIAS' }),
  pullNote: (projectId: string): Key => ({ pk: `PROJECT#${projectId}`, sk: 'PULL' }),
  repositoryLink: (repository: string, projectId: string): Key => ({
    pk: Partitions.repository(repository),
    sk: projectId,
  }),
  deletion: single('DELETION'),
  manifest: (projectId: string, hash: string): Key => ({ pk: Partitions.manifests(projectId), sk: hash }),
  latestManifest: (projectId: string): Key => ({ pk: Partitions.manifests(projectId), sk: 'LATEST' }),
  newestManifest: (projectId: string): Key => ({ pk: Partitions.manifests(projectId), sk: 'NEWEST' }),
  treeManifest: (projectId: string, hash: string): Key => ({
    pk: Partitions.manifests(projectId),
    sk: `TREE#${hash}`,
  }),
  source: single('SOURCE'),
  sourceBySha: (projectId: string, sha256: string): Key => ({
    pk: Partitions.sources(projectId),
    sk: sha256,
  }),
  build: single('BUILD'),
  run: single('RUN'),
  job: single('JOB'),
  artifact: single('ARTIFACT'),
  /** Who needs an uploaded artifact: its first release, or nobody any more, as it was deleted. */
  artifactUse: (artifactId: string): Key => ({ pk: `ARTIFACT#${artifactId}`, sk: 'USE' }),
  release: single('RELEASE'),
  /** Versions and tags are one set of names: a tag that could stand for another release's version would hide it. */
  releaseByName: (projectId: string, name: string): Key => ({
    pk: Partitions.releases(projectId),
    sk: `NAME#${name}`,
  }),
  /** @param sortKey of what it is looked for by (`lib/domain/release/entries.ts`) */
  releaseEntry: (projectId: string, sortKey: string): Key => ({
    pk: Partitions.releases(projectId),
    sk: sortKey,
  }),
  /** The one release that deployments have made of something. */
  madeRelease: (projectId: string, of: string): Key => ({
    pk: Partitions.releases(projectId),
    sk: `MADE#${of}`,
  }),
  /** Whether and since when a release has succeeded in an environment. */
  success: (projectId: string, environment: string, releaseId: string): Key => ({
    pk: Partitions.releases(projectId),
    sk: `SUCCESS#${environment}#${releaseId}`,
  }),
  environment: (projectId: string, name: string): Key => ({
    pk: Partitions.environments(projectId),
    sk: name,
  }),
  /** Whose target a function of the account is. */
  targetFunction: single('FUNCTION'),
  deployment: single('DEPLOYMENT'),
  token: single('TOKEN'),
  /** Which token somebody has who has one at a time. */
  holder: single('HOLDER'),
  user: single('USER'),
  /** Whose a handle is. */
  userName: single('USER_NAME'),
  subscription: single('SUBSCRIPTION'),
  notification: single('NOTIFICATION'),
  delivery: single('DELIVERY'),
  /** Where a delivery stands in the list of another project than its first. */
  deliveryEntry: (deliveryId: string, projectId: string): Key => ({
    pk: `DELIVERY#${deliveryId}`,
    sk: `PROJECT#${projectId}`,
  }),
  secret: (projectId: string, name: string): Key => ({ pk: Partitions.secrets(projectId), sk: name }),
  secretRead: (projectId: string, name: string, id: string): Key => ({
    pk: Partitions.secretReads(projectId, name),
    sk: id,
  }),
  /** @param sortKey of scope, service, paths and key (`lib/domain/cache/scope.ts`) */
  cache: (projectId: string, sortKey: string): Key => ({ pk: Partitions.caches(projectId), sk: sortKey }),
  /** Of each ref for itself: a branch has its secrets and caches, and a tag its images' tags. */
  commit: (projectId: string, sha: string, ref: string): Key => ({
    pk: Partitions.commits(projectId),
    sk: `${sha}#${ref}`,
  }),
  /** What a build of this identity made before; @param branch the only one that it holds for */
  reuse: (projectId: string, identity: string, branch?: string): Key => ({
    pk: `REUSE#${projectId}#${identity}`,
    sk: branch === undefined ? 'REUSE' : `REUSE#${branch}`,
  }),
  queue: single('QUEUE'),
  /** The newest run of a branch, for projects in which a newer run takes an older one's place. */
  branchHead: (projectId: string, branch: string): Key => ({
    pk: Partitions.branchHeads(projectId),
    sk: branch,
  }),
  auditEntry: (log: string, id: string): Key => ({ pk: Partitions.audit(log), sk: id }),
  /** @param seq its position, from 1; padded, so that positions sort as text */
  auditLink: (log: string, seq: number): Key => ({
    pk: Partitions.audit(log),
    sk: `${Keys.auditLinks}${String(seq).padStart(12, '0')}`,
  }),
  /** What the sort keys of all links begin with. */
  auditLinks: 'SEQ#',
  pendingAudit: (log: string, id: string): Key => ({ pk: Partitions.pendingAudit(log), sk: id }),
  idempotency: single('IDEMPOTENCY'),
  cursorKey: (): Key => ({ pk: 'CURSOR_KEY', sk: 'CURSOR_KEY' }),
} as const;

/** Partitions that lists read: of the index, unless said otherwise. */
export const Partitions = {
  projects: 'PROJECTS',
  /** Of the second index; sorted by project, then by id. */
  openRuns: 'OPEN_RUNS',
  /** Of the second index: those that no workflow has begun with. */
  pendingDeployments: 'PENDING_DEPLOYMENTS',
  /** Of the second index: those that wait for a rule of their environment. */
  waitingDeployments: 'WAITING_DEPLOYMENTS',
  /** Of the second index. */
  openUploads: 'OPEN_UPLOADS',
  /** Of the second index. */
  openDeletions: 'OPEN_DELETIONS',
  users: 'USERS',
  /** Of the second index: all that are not deleted. */
  allSubscriptions: 'SUBSCRIPTIONS',
  /** @param projectId none: those of the whole installation */
  subscriptions: (projectId: string | undefined) => ['SUBSCRIPTIONS', projectId].filter(Boolean).join('#'),
  deletedSubscriptions: (projectId: string | undefined) =>
    ['DELETED_SUBSCRIPTIONS', projectId].filter(Boolean).join('#'),
  notifications: (subscriptionId: string) => `NOTIFICATIONS#${subscriptionId}`,
  /** Of the second index, by the time at which something is to be done. */
  dueNotifications: 'DUE_NOTIFICATIONS',
  tokens: 'TOKENS',
  /** Of the second index. */
  tokensOf: (projectId: string) => `TOKENS#${projectId}`,
  builds: (projectId: string) => `BUILDS#${projectId}`,
  /** Of the second index. @param ref its full name */
  buildsOfRef: (projectId: string, ref: string) => `BUILDS#${projectId}#${ref}`,
  /** Of the second index. @param status one that nothing follows */
  endedRuns: (projectId: string, status: string) => `RUNS#${projectId}#${status}`,
  /** @param ownerId the build, or the deployment */
  runs: (ownerId: string) => `RUNS#${ownerId}`,
  /** Of both indexes. */
  artifacts: (projectId: string) => `ARTIFACTS#${projectId}`,
  /** Of both indexes; the same partition of the table has their names and entries. */
  releases: (projectId: string) => `RELEASES#${projectId}`,
  deployments: (projectId: string, environment: string) => `DEPLOYMENTS#${projectId}#${environment}`,
  /** @param projectId none: those whose repository is no project's */
  deliveries: (projectId: string | undefined) => ['DELIVERIES', projectId].filter(Boolean).join('#'),
  /** Of the second index. */
  decidedDeliveries: (projectId: string | undefined, kind: string) =>
    ['DELIVERIES', projectId, kind].filter(Boolean).join('#'),
  /** Caches of the same scope, service and paths, whatever their key. */
  alikeCaches: (projectId: string, group: string) => `CACHES#${projectId}#${group}`,
  /** Of the table itself. */
  caches: (projectId: string) => `CACHES#${projectId}`,
  /** Of the table itself. */
  manifests: (projectId: string) => `MANIFEST#${projectId}`,
  /** Of the table itself. */
  sources: (projectId: string) => `SOURCES#${projectId}`,
  /** Of the table itself. */
  commits: (projectId: string) => `COMMITS#${projectId}`,
  /** Of the table itself. */
  branchHeads: (projectId: string) => `HEADS#${projectId}`,
  /** Of the table itself. Only the function that chains entries may write here (lib/infrastructure/storage.ts). */
  audit: (log: string) => `AUDIT#${log}`,
  /** Of the table itself. */
  pendingAudit: (log: string) => `AUDIT_INBOX#${log}`,
  /** Of the table itself. */
  secrets: (projectId: string) => `SECRETS#${projectId}`,
  /** Of the table itself. */
  secretReads: (projectId: string, name: string) => `SECRET_READS#${projectId}#${name}`,
  /** Of the table itself. */
  environments: (projectId: string) => `ENVIRONMENTS#${projectId}`,
  /** Of the table itself. GitHub's names do not tell upper from lower case. */
  repository: (repository: string) => `REPOSITORY#${repository.toLowerCase()}`,
} as const;

/** Where bytes lie in the bucket: under the project's prefix, by content. */
export const BlobKeys = {
  source: (projectId: string, sha256: string) => `projects/${projectId}/sources/${sha256}`,
  artifact: (projectId: string, sha256: string) => `projects/${projectId}/artifacts/${sha256}`,
  /**
   * Where an upload waits until its digest is known to be right. Not below the project's prefix: lifecycle rules of S3
   * go by the beginning of a key, and what waits here for ever is to vanish.
   */
  staging: (projectId: string, artifactId: string) => `uploads/${projectId}/${artifactId}`,
  /** Beside the projects and not below them: lifecycle rules know a prefix and no pattern (docs: S3, "Lifecycle rule filters"). */
  cache: (projectId: string, sha256: string) => `caches/${projectId}/${sha256}`,
} as const;

/** What the keys of all bytes of a project begin with. */
export const blobPrefixesOf = (projectId: string): readonly string[] => [
  `projects/${projectId}/`,
  `uploads/${projectId}/`,
  `caches/${projectId}/`,
];

/** Which source of which project a stored object is, read from its key. */
export function sourceOfBlobKey(key: string): { projectId: string; sha256: string } | undefined {
  const match = /^projects\/(prj_[0-9A-Z]{26})\/sources\/([0-9a-f]{64})$/.exec(key);
  return match?.[1] !== undefined && match[2] !== undefined
    ? { projectId: match[1], sha256: match[2] }
    : undefined;
}

/** Which artifact's upload a stored object is, read from its key. */
export function uploadOfBlobKey(key: string): { projectId: string; artifactId: string } | undefined {
  const match = /^uploads\/(prj_[0-9A-Z]{26})\/(art_[0-9A-Z]{26})$/.exec(key);
  return match?.[1] !== undefined && match[2] !== undefined
    ? { projectId: match[1], artifactId: match[2] }
    : undefined;
}
