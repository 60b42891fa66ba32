/** The agent's calls to the control plane, each repeated until it is heard. All of them are safe to repeat. */
import { ApiError, createClientOf, type RouteTable, UnreachableError } from '../contract/route-client.ts';
import { JOB_ROUTES } from '../contract/routes/jobs.ts';
import type {
  CacheUploads,
  ConfirmedCaches,
  RestoreCaches,
  RestoredCaches,
  SaveCaches,
} from '../domain/cache/schema.ts';
import type {
  ClaimedJob,
  CreateJobUpload,
  JobUpload,
  ReportProgress,
  ReportResult,
} from '../domain/execution/model/job.ts';
import type { RecordedImage, RecordImage, RegistryToken } from '../domain/image/schema.ts';
import type { JobSecrets } from '../domain/secret/schema.ts';
import type { Claim } from './claim.ts';
import { masked } from './output.ts';
import { CALL_MS } from './request.ts';
import { retry } from './retry.ts';
import type { Settings } from './settings.ts';

/** About a minute of waits in all: a deployment or a throttled table is over by then. */
const ATTEMPTS = 9;
/** The result is worth more retries: three to four minutes of waits in all. */
const RESULT_ATTEMPTS = 40;
/** One and a half seconds of waits in all. */
const CACHE_ATTEMPTS = 4;

/** No answer, an answer cut off, or one that says that the same call may go well in a moment. */
export function isTransient(error: unknown): boolean {
  if (error instanceof ApiError) {
    const { status, code } = error.problem;
    return status >= 500 || status === 429 || code === 'busy' || code === 'artifact_not_stored';
  }
  if (error instanceof UnreachableError) return true;
  if (error instanceof Error) return ['TimeoutError', 'TypeError', 'SyntaxError'].includes(error.name);
  return false;
}

const retryAfter = (error: unknown) => (error instanceof ApiError ? error.retryAfter : undefined);

/** The API says that there is nothing more to do for this job: it was cancelled, or has ended. */
export function isOver(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  const { status, code } = error.problem;
  return [401, 403, 404].includes(status) || code === 'wrong_state';
}

export interface JobApi {
  /** Again gives a fresh URL for the source. */
  claim(signal?: AbortSignal): Promise<ClaimedJob>;
  /** Tried once: the next report says it better. @returns whether to stop */
  progress(report: ReportProgress, signal: AbortSignal): Promise<boolean>;
  announce(artifact: CreateJobUpload, signal: AbortSignal): Promise<JobUpload>;
  result(result: ReportResult): Promise<void>;
  secrets(signal: AbortSignal): Promise<JobSecrets>;
  /** Caches are tried less patiently than the rest: a build does without them. */
  restoreCaches(caches: RestoreCaches, signal: AbortSignal): Promise<RestoredCaches>;
  saveCaches(caches: SaveCaches, signal: AbortSignal): Promise<CacheUploads>;
  confirmCaches(caches: SaveCaches, signal: AbortSignal): Promise<ConfirmedCaches>;
  /** Each call makes another credential. */
  registryToken(signal: AbortSignal): Promise<RegistryToken>;
  recordImage(image: RecordImage, signal: AbortSignal): Promise<RecordedImage>;
}

/** What was hidden in the log is hidden here too, and what was cut in the middle of a character is mended. */
const shown = (text: string): string => masked(text).toWellFormed();

/** A failure quotes commands and their output. */
function withoutSecrets(result: ReportResult): ReportResult {
  if (result.status === 'completed') {
    const { outputs } = result;
    if (outputs === undefined) return result;
    const told = Object.entries(outputs).map(([name, value]) => [name, shown(value)]);
    return { ...result, outputs: Object.fromEntries(told) };
  }
  const { error } = result;
  return {
    ...result,
    error: {
      ...error,
      message: shown(error.message),
      ...(error.hint !== undefined && { hint: shown(error.hint) }),
      ...(error.step !== undefined && { step: shown(error.step) }),
      ...(error.stage !== undefined && { stage: shown(error.stage) }),
      ...(error.last_lines !== undefined && { last_lines: error.last_lines.map(shown) }),
    },
  };
}

export function createJobApi(settings: Settings, { body: claimBody, fetch }: Claim): JobApi {
  const params = { job: settings.jobId };
  let token = '';
  const clientOf = <const Table extends RouteTable>(routes: Table) =>
    createClientOf(routes, { url: settings.apiUrl, fetch, waits: 0, ...(token !== '' && { token }) });
  const client = () => clientOf(JOB_ROUTES);
  // Loaded by the jobs that need them: to construct the schemas of all takes as long as Node's own start.
  const secretsClient = async () => clientOf((await import('../contract/routes/secrets.ts')).SECRET_ROUTES);
  const cachesClient = async () => clientOf((await import('../contract/routes/caches.ts')).CACHE_ROUTES);
  const imagesClient = async () => clientOf((await import('../contract/routes/images.ts')).IMAGE_ROUTES);
  const within = (signal?: AbortSignal): AbortSignal =>
    AbortSignal.any([AbortSignal.timeout(CALL_MS), ...(signal === undefined ? [] : [signal])]);
  const patiently = <Result>(act: () => Promise<Result>, signal?: AbortSignal, attempts = ATTEMPTS) =>
    retry(act, { attempts, helps: isTransient, asked: retryAfter, ...(signal !== undefined && { signal }) });

  return {
    async claim(signal) {
      const claimed = await patiently(
        () => client().call('claimJob', { params, body: claimBody, signal: within(signal) }),
        signal,
      );
      token = claimed.token;
      return claimed;
    },
    async progress(body, signal) {
      const answer = await client().call('reportProgress', { params, body, signal: within(signal) });
      return answer.cancel;
    },
    announce: (body, signal) =>
      patiently(() => client().call('createJobUpload', { params, body, signal: within(signal) }), signal),
    secrets: (signal) =>
      patiently(
        async () => (await secretsClient()).call('readJobSecrets', { params, signal: within(signal) }),
        signal,
      ),
    restoreCaches: (body, signal) =>
      patiently(
        async () => (await cachesClient()).call('restoreJobCaches', { params, body, signal: within(signal) }),
        signal,
        CACHE_ATTEMPTS,
      ),
    saveCaches: (body, signal) =>
      patiently(
        async () => (await cachesClient()).call('saveJobCaches', { params, body, signal: within(signal) }),
        signal,
        CACHE_ATTEMPTS,
      ),
    confirmCaches: (body, signal) =>
      patiently(
        async () => (await cachesClient()).call('confirmJobCaches', { params, body, signal: within(signal) }),
        signal,
        CACHE_ATTEMPTS,
      ),
    registryToken: (signal) =>
      patiently(
        async () => (await imagesClient()).call('createRegistryToken', { params, signal: within(signal) }),
        signal,
      ),
    recordImage: (body, signal) =>
      patiently(
        async () => (await imagesClient()).call('recordImage', { params, body, signal: within(signal) }),
        signal,
      ),
    async result(result) {
      const body = withoutSecrets(result);
      const report = () => client().call('reportResult', { params, body, signal: within() });
      await patiently(report, undefined, RESULT_ATTEMPTS);
    },
  };
}
