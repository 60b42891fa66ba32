/**
 * Where each field of each request has its effect: the file, and the code there that reads it. A field that is only kept
 * and given back is none: it changes what is done, found or shown to somebody who decides by it.
 */
type Place = readonly [file: string, code: string];

const domain = (file: string, code: string): Place => [`lib/domain/${file}.ts`, code];
const api = (file: string, code: string): Place => [`functions/api/${file}.ts`, code];
const shown = (file: string, code: string): Place => [`lib/cli/${file}.ts`, code];

const list: Record<string, Place> = {
  'query.limit': domain('storage/list', 'limit: limit + 1 - items.length'),
  'query.cursor': domain('storage/list', 'decodeCursor(table, of, partition, cursor)'),
};
const byTime: Record<string, Place> = {
  'query.limit': domain('storage/merged', 'shown.slice(0, limit)'),
  'query.cursor': domain('storage/merged', 'openCursor(table, name, cursor)'),
  'query.since': domain('storage/by-time', "ulidAt(since, '0')"),
  'query.until': domain('storage/by-time', "ulidAt(until, 'Z')"),
};
const buildFilter: Record<string, Place> = {
  ...byTime,
  'query.status': domain('builds/list', 'run?.status === status'),
  'query.ref': domain('builds/list', 'fullRef(build.git_ref) === ref'),
};
const releaseFilter: Record<string, Place> = {
  ...byTime,
  'query.git_sha': domain('release/list', 'release.git_sha === git_sha'),
  'query.yanked': domain('release/list', '(release.yanked !== undefined) === yanked'),
};
const cursor: Record<string, Place> = {
  'query.limit': domain('log/follow', 'readStreams(ports.logs, due, positions, limit, time)'),
  'query.cursor': domain('log/follow', 'opened(ports.table, log, cursor)'),
};
const log: Record<string, Place> = {
  ...cursor,
  'query.wait': domain('log/follow', 'now() + wait * 1000'),
  'query.tail': domain('log/follow', 'count: tail'),
  'query.format': ['lib/http/log-answer.ts', "format === 'json'"],
  'query.ansi': domain('log/format', "ansi === 'keep'"),
  'query.platform': domain('log/page', 'platform || !PLATFORM_LINE'),
};
const cache: Record<string, Place> = {
  'caches.paths': domain('cache/job-caches', 'named.has(textOf(paths))'),
  'caches.key': domain('cache/scope', 'cache.key'),
  'caches.platform': domain('cache/scope', 'kind.toolchain, platform,'),
};
const savedCache: Record<string, Place> = {
  ...cache,
  'caches.sha256': domain('cache/job-caches', 'blob?.sha256 !== sha256'),
  'caches.size_bytes': domain('cache/job-caches', 'blob.size_bytes !== size_bytes'),
};

const whatIsDeployed: Record<string, Place> = {
  release: domain('deployment/asked', 'resolve(ports, actor, project, release)'),
  git_sha: domain('release/commit', 'wholeSha(ports, project, sha)'),
  manifest_hash: domain('release/commit', 'manifest_hash === manifestHash'),
  direct: domain('release/candidate', 'build !== undefined && direct'),
  artifacts: domain('release/candidate', 'refs.map((ref) => artifactOf(ports, project, ref))'),
  images: domain('release/images', 'images.find(target, digest)'),
};

export const READ_AT: Readonly<Record<string, Readonly<Record<string, Place>>>> = {
  createProject: {
    slug: domain('project/index', 'slug: input.slug'),
    name: shown('project', 'project.name'),
    repository: domain('project/index', 'linkOf(project, project.repository)'),
    default_branch: domain('cache/job-caches', 'default_branch'),
    max_concurrent_jobs: domain('execution/runs', 'job_limit: project.max_concurrent_jobs'),
    supersede: domain('execution/supersede', 'project.supersede'),
  },
  updateProject: {
    name: domain('project/index', 'change.name ?? before.name'),
    repository: domain('project/index', 'linkOf(after, after.repository)'),
    default_branch: domain('project/index', 'change.default_branch ?? before.default_branch'),
    max_concurrent_jobs: api('projects', 'Queue.setLimit(ports, project.id, project.max_concurrent_jobs)'),
    supersede: domain('project/index', 'change.supersede ?? before.supersede'),
  },
  deleteProject: { 'query.force': api('projects', "force: query.force === 'true'") },
  syncManifest: {
    manifest: domain('manifest/synced', 'parse(manifest, file)'),
    file: domain('manifest/synced', 'fieldProblem(file, mistake)'),
    git_sha: shown('manifest', 'git_sha'),
  },
  getManifest: { 'query.hash': api('projects', 'query.hash') },
  createSource: {
    sha256: domain('source/index', 'BlobKeys.source(source.project_id, source.sha256)'),
    size_bytes: domain('source/index', 'existing.size_bytes !== source.size_bytes'),
    format: domain('source/index', 'existing.format !== source.format'),
  },
  createBuild: {
    source_id: domain('builds/index', 'Source.requireUploaded(ports, actor, project, input.source_id)'),
    git_sha: domain('execution/plan/job-of', 'build.git_sha.slice(0, 7)'),
    git_ref: domain('execution/plan/job-of', 'branchOf(build.git_ref)'),
    manifest_hash: domain('execution/plan/tree', 'build.manifest_hash !== manifest.hash'),
    services: domain('execution/plan/expand', 'build.services'),
    inputs: domain('execution/plan/job-of', "named('INPUT', build.inputs)"),
    features: domain('execution/plan/job-of', 'build.features.map('),
    matrix: domain('execution/plan/expand', 'build.matrix'),
    max_parallel: domain('execution/plan/decide', 'build.max_parallel ?? manifest.max_parallel'),
    fail_fast: domain('execution/plan/decide', 'build.fail_fast ?? manifest.fail_fast'),
    timeout_seconds: domain('execution/runs', 'timeout_seconds: seconds'),
    trust: domain('execution/plan/job-of', "build.trust === 'fork'"),
    force_rebuild: domain('execution/plan/decide', '!run.force_rebuild'),
    start: domain('builds/index', 'RunValue | undefined = start'),
  },
  listAudit: {
    ...byTime,
    'query.project': domain('audit/read', 'logOf(ports, actor, project)'),
    'query.installation': api('audit', "installation === 'true'"),
    'query.actor': domain('audit/read', 'names.includes(who)'),
    'query.action': domain('audit/read', 'read.action === action'),
  },
  readAuditChain: {
    'query.project': domain('audit/read', 'logOf(ports, actor, named)'),
    'query.after_seq': domain('audit/read', 'Keys.auditLink(chain, after_seq + 1)'),
    'query.limit': domain('audit/read', 'limit,\n  });'),
  },
  listBuilds: buildFilter,
  listAllBuilds: buildFilter,
  createRun: { jobs: domain('execution/runs', "which === 'failed'") },
  listRuns: list,
  listBuildArtifacts: { 'query.run': api('builds', 'Build.runOf(ports, actor, params.build, query.run)') },
  getBuildLogs: {
    ...log,
    'query.run': api('logs', 'Build.runOf(ports, actor, params.build, query.run)'),
    'query.job': domain('log/streams', 'filter.job === undefined ? run.job_ids : [filter.job]'),
    'query.service': domain('log/streams', 'job.service === filter.service'),
  },
  getJobLogs: log,
  getEnvironmentLogs: {
    'query.cursor': domain('deployment/log', 'opened(table, log, cursor, earliest)'),
    'query.since': domain('deployment/log', 'Date.parse(since)'),
    'query.limit': domain('function-log/read-events', 'limit + position.seen.size'),
    'query.wait': domain('deployment/log', 'wait * 1000'),
    'query.tail': domain('deployment/log', 'count: tail'),
    'query.platform': domain('deployment/log', 'platform || !isPlatform(event.message)'),
    'query.format': ['lib/http/log-answer.ts', "format === 'text'"],
    'query.ansi': ['lib/http/log-answer.ts', 'styled(page, format, ansi)'],
  },
  getBuildDiagnosis: { 'query.run': api('logs', 'diagnose(ports, actor, params.build, query.run)') },
  claimJob: {
    ticket: domain('execution/agent', 'matches(input.ticket, job.ticket_hash)'),
    claim_id: domain('execution/agent', 'job.claim_id === input.claim_id'),
    log_stream: domain('execution/agent', 'withLogStream(job, input.log_stream)'),
  },
  reportProgress: {
    stage: domain('execution/agent', 'stage: report.stage'),
    progress: domain('execution/agent', 'Math.max(job.progress, report.progress)'),
  },
  createJobUpload: {
    name: domain('execution/artifacts', 'idOf(job, input.name, input.sha256)'),
    sha256: domain('execution/artifacts', 'blob.sha256 === input.sha256'),
    size_bytes: domain('execution/artifacts', 'blob.size_bytes === input.size_bytes'),
    content_type: domain('execution/artifacts', 'content_type: input.content_type'),
  },
  reportResult: {
    status: domain('execution/agent', "report.status === 'completed'"),
    artifact_ids: domain('execution/agent', 'Artifact.confirm(ports, job, artifactId)'),
    'error.code': domain('diagnosis/report', 'FAILURE_CODES[error.code]'),
    'error.message': shown('builds/view', 'clean(error.message)'),
    'error.hint': shown('builds/view', 'error.hint'),
    'error.step': shown('follow/run', 'error.step'),
    'error.stage': shown('builds/diagnosis', 'failure.stage'),
    'error.exit_code': shown('follow/run', 'error.exit_code'),
    'error.signal': shown('follow/run', 'error.signal'),
    'error.last_lines': shown('follow/run', 'error.last_lines'),
  },
  recordImage: {
    digest: domain('image/index', 'registry.describe(address.repository, digest)'),
    tags: domain('image/index', 'tags.filter((tag) => allowed.includes(tag))'),
  },
  createArtifact: {
    project: api('artifacts', 'Upload.projectOf(ports, actor, body.project)'),
    name: domain('artifact/index', 'fileName: artifact.name'),
    content_type: domain('artifact/upload', 'contentType: artifact.content_type'),
    sha256: domain('artifact/upload', 'known.sha256 === sha256'),
    size_bytes: domain('artifact/upload', 'known.size_bytes === sizeBytes'),
  },
  listArtifacts: { ...byTime, 'query.project': api('artifacts', 'query.project') },
  signParts: {
    'parts.number': domain('artifact/multipart', 'number > count'),
    'parts.sha256': domain('artifact/multipart', 'parts.map(async ({ number, sha256 })'),
  },
  putSecret: { value: domain('secret/index', '{ value }: PutSecret') },
  listSecrets: list,
  listSecretReads: list,
  listCaches: list,
  purgeCaches: {
    'query.branch': domain('cache/index', 'filter.branch === branch'),
    'query.service': domain('cache/index', 'filter.service === service'),
  },
  restoreJobCaches: cache,
  saveJobCaches: savedCache,
  confirmJobCaches: savedCache,
  createRelease: {
    build_id: domain('release/create', 'builtBy(ports, actor, project, buildId)'),
    artifacts: domain('release/create', 'namedArtifacts(ports, project, input.artifacts ?? {})'),
    image_digests: domain('release/create', 'namedImages(ports, project, input.image_digests ?? {},'),
    version: domain('release/record', "claimName(version, 'version_taken')"),
    bump: domain('release/create', 'nextVersion(newest, bump)'),
    tag: domain('release/record', "claimName(tag, 'tag_taken')"),
    notes: shown('releases/view', 'release.notes'),
    hotfix: domain('release/create', "assertRole(actor, 'deployer'"),
  },
  yankRelease: { reason: domain('release/yank', 'yanked: { reason,') },
  listReleases: {
    ...releaseFilter,
    'query.version': domain('release/list', 'spansOf(range)'),
    'query.tag': domain('release/list', 'isOfTag(release, tag)'),
    'query.build': domain('release/list', 'release.build_id === build'),
  },
  listAllReleases: releaseFilter,
  listProjects: list,
  putEnvironment: {
    // The one kind that there is; another one will be told from it by this field.
    'target.kind': domain('deployment/adapter', "case 'lambda':"),
    'target.function_name': ['lib/aws/functions/code.ts', 'FunctionName: target.function_name'],
    'target.runtime': ['lib/aws/functions/code.ts', 'Runtime: target.runtime as Runtime'],
    'target.handler': ['lib/aws/functions/code.ts', 'Handler: target.handler'],
    'target.architecture': ['lib/aws/functions/index.ts', 'Architectures: [architecture]'],
    'target.memory_mb': ['lib/aws/functions/code.ts', 'MemorySize: target.memory_mb'],
    'target.timeout_seconds': ['lib/aws/functions/code.ts', 'Timeout: target.timeout_seconds'],
    'target.steps.percent': domain('deployment/traffic', 'percent: next.percent'),
    'target.steps.bake_seconds': domain('deployment/traffic', 'steps[at]?.bake_seconds'),
    'target.alarms': ['lib/aws/functions/watch.ts', 'AlarmNames: [...names]'],
    'target.max_error_percent': [
      'lib/aws/functions/watch.ts',
      'target.max_error_percent ?? MAX_ERROR_PERCENT',
    ],
    service: domain('deployment/snapshot', 'artifact.service === service'),
    variables: ['lib/aws/functions/code.ts', 'Variables: { ...variables }'],
    after: domain('deployment/gates', 'environment.after.filter((name) => !succeeded.has(name))'),
    soak_seconds: domain('deployment/gates', 'environment.soak_seconds * 1000'),
    'approvals.required': domain('deployment/gates', 'count >= required'),
    'approvals.from': domain('deployment/approval', '(from.length === 0'),
    'approvals.self': domain('deployment/approval', 'approvals.self ||'),
    'approvals.expires_seconds': domain('deployment/waiting', 'approvals.expires_seconds * 1000'),
    'freeze.every_week': domain('environment/freeze', '!window.every_week'),
    'freeze.from': domain('environment/freeze', 'inWeek(week, window.from)'),
    'freeze.to': domain('environment/freeze', 'inWeek(week, window.to)'),
    'freeze.zone': domain('environment/freeze', 'toZonedDateTime(zone)'),
    'freeze.reason': domain('deployment/gates', 'window.reason'),
    concurrency: domain('deployment/create', "environment.concurrency !== 'reject'"),
    'auto.delay_seconds': domain('deployment/promote', 'auto.delay_seconds * 1000'),
    'auto.cron': domain('deployment/promote', 'nextOf(auto.cron, auto.zone, earliest)'),
    'auto.zone': domain('deployment/promote', 'nextOf(auto.cron, auto.zone, earliest)'),
    health_path: domain('deployment/http-check', 'path: deployment.health_path'),
    health_status: domain('environment/health', 'right.includes(status)'),
    health_follow: domain('deployment/http-check', 'follow: deployment.health_follow'),
    health_body: domain('environment/health', 'body.includes(text)'),
    health_headers: domain('environment/health', 'headers[name] !== value'),
    health_max_ms: domain('environment/health', 'milliseconds > most'),
  },
  listEnvironments: list,
  holdEnvironment: { reason: domain('deployment/gates', 'environment.hold.reason') },
  createDeployment: {
    ...whatIsDeployed,
    reason: domain('deployment/create', "more.reason ?? 'The deployment was requested.'"),
    override_freeze: domain('deployment/gates', 'deployment.override_freeze !== undefined'),
  },
  planDeployment: {
    ...whatIsDeployed,
    override_freeze: domain('deployment/gates', 'deployment.override_freeze !== undefined'),
  },
  rollBackEnvironment: {
    to: domain('deployment/restore', 'repeated?.value.restores ?? to'),
    reason: domain('deployment/restore', 'reason: reason ??'),
  },
  approveDeployment: {
    subject: domain('deployment/approve', 'seen !== subject'),
    reason: domain('deployment/approve', 'said.reason === undefined'),
  },
  rejectDeployment: { reason: domain('deployment/approve', 'rejected the deployment: ') },
  cancelDeployment: { reason: domain('deployment/cancel', 'Cancelled: ') },
  listApprovals: {
    'query.project': api('environments', 'query.project'),
    'query.of': domain('deployment/approvals', "of === 'all'"),
  },
  stopProject: { reason: domain('deployment/gates', 'project.stopped.reason') },
  listDeployments: byTime,
  listAllDeployments: { ...byTime, 'query.project': api('environments', 'query.project') },
  createToken: {
    name: shown('token', 'token.name'),
    role: domain('access/authorize', 'heldIn({ role, grants }, scope)'),
    project: domain('token/issue', 'Project.resolve(ports, actor, ref)'),
    'grants.project': domain('user/grants', 'Project.resolve({ table }, actor, ref)'),
    'grants.environment': domain('access/grant', 'grant.environment === scope.environment'),
    'grants.role': domain('access/grant', '? grant.role'),
    user: domain('token/issue', 'userOf(ports, actor, input.user)'),
    expires_in_days: domain('token/issue', 'input.expires_in_days * 86_400_000'),
  },
  listTokens: list,
  createUser: {
    name: domain('user/index', 'Keys.userName(user.name)'),
    email: shown('user', 'user.email'),
    display_name: shown('user', 'user.display_name'),
    role: domain('access/grant', 'highest([\n    role,'),
  },
  listUsers: list,
  updateUser: {
    email: shown('user', 'user.email'),
    display_name: shown('user', 'user.display_name'),
    role: domain('user/index', 'changed(user.role, change.role)'),
    status: domain('token/authenticate', "found.value.status !== 'active'"),
  },
  grantRole: {
    project: domain('user/grants', 'Project.resolve({ table }, actor, ref)'),
    environment: domain('access/grant', 'grant.environment === scope.environment'),
    role: domain('access/grant', '? grant.role'),
  },
  revokeRole: {
    'query.project': domain('user/grants', 'Project.resolve(ports, actor, project)'),
    'query.environment': domain('user/grants', 'isSame(each, revoked)'),
  },
  createSubscription: {
    project: domain('subscription/index', 'input.project ?? boundTo(actor)'),
    name: shown('subscription', 'subscription.name'),
    events: domain('notification/announce', 'isAskedFor(events, event.name)'),
    'target.kind': domain('notification/attempt', "target.kind === 'email'"),
    'target.url': domain('notification/attempt', 'url: target.url'),
    'target.addresses': domain('notification/attempt', 'to: target.addresses'),
  },
  listSubscriptions: { ...list, 'query.project': domain('subscription/index', 'project ?? boundTo(actor)') },
  listNotifications: list,
  listDeliveries: {
    ...byTime,
    'query.project': api('webhooks', 'query.project'),
    'query.decision': domain('delivery/index', 'hasDecision(delivery, ids, decision)'),
  },
  listDeadLetters: { 'query.limit': domain('dead-letter/index', 'letters.size < limit') },
  redriveDeadLetters: { before: domain('dead-letter/index', '< Date.parse(before)') },
};
