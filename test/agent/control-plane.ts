/** A control plane as far as an agent can see it: the job routes by the contract's schemas, and a storage. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { statusOf } from '../../lib/contract/problem.ts';
import { ERRORS, type ErrorCode } from '../../lib/domain/error-codes.ts';
import {
  ClaimJob,
  CreateJobUpload,
  type JobSpec,
  ReportProgress,
  ReportResult,
} from '../../lib/domain/execution/model/job.ts';
import type { ReleaseFile } from '../../lib/domain/execution/model/release-file.ts';
import { RecordImage, type RegistryToken } from '../../lib/domain/image/schema.ts';
import { claimedJob, IMAGE_ID, JOB_ID, TIME, TOKEN, ulid } from './claimed-job.ts';

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

export interface Scene {
  /** None: the artifact is an image. */
  readonly source: Buffer | undefined;
  readonly format?: 'tar.gz' | 'zip' | 'file';
  /** What the file of a release is called. */
  readonly name?: string;
  /** Of a deployment's job. */
  readonly release?: ReleaseFile;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly strip?: 0 | 1;
  readonly spec?: Partial<JobSpec>;
  /** What the claim says of the source, when it is to be wrong. */
  readonly announced?: { readonly sha256?: string; readonly size_bytes?: number };
  readonly refuseTicket?: boolean;
  /** Bytes that the project has already. */
  readonly known?: readonly string[];
  /**
   * Called for each request before it is answered, e.g. `POST /v1/jobs/claim 1` for the first claim. A status is
   * answered instead; `drop` ends the connection; `lose` does the work and drops the answer.
   */
  readonly fault?: (
    request: string,
    count: number,
  ) => number | 'drop' | 'lose' | { readonly problem: ErrorCode } | undefined;
  /** What the job gets to push its image. */
  readonly registry?: RegistryToken;
  readonly cancelAt?: (report: ReportProgress) => boolean;
}

export class ControlPlane implements AsyncDisposable {
  readonly requests: string[] = [];
  readonly reports: ReportProgress[] = [];
  readonly results: ReportResult[] = [];
  readonly claims: ClaimJob[] = [];
  readonly announced: CreateJobUpload[] = [];
  readonly images: RecordImage[] = [];
  /** Uploaded bytes by artifact name. */
  readonly stored = new Map<string, Buffer>();
  readonly #scene: Scene;
  readonly #server = createServer((request, response) => void this.#handle(request, response));
  readonly #counts = new Map<string, number>();
  url = '';
  parallel = 0;
  mostParallel = 0;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  static async start(scene: Scene): Promise<ControlPlane> {
    const plane = new ControlPlane(scene);
    await new Promise<void>((resolve) => plane.#server.listen(0, '127.0.0.1', resolve));
    plane.url = `http://127.0.0.1:${(plane.#server.address() as AddressInfo).port}`;
    return plane;
  }

  get result(): ReportResult {
    const result = this.results.at(-1);
    if (result === undefined) throw new Error('nothing was reported');
    return result;
  }

  get failure() {
    if (this.result.status !== 'failed') throw new Error('the job has not failed');
    return this.result.error;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const name = `${request.method} ${path.replace(`/${JOB_ID}`, '').replace(/\/upload\/.*/, '/upload')}`;
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    this.requests.push(name);
    const fault = this.#scene.fault?.(name, count);
    if (fault === 'drop') return void request.socket.destroy();
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (typeof fault === 'number')
      return void response.writeHead(fault).end('{"message":"Service Unavailable"}');
    if (typeof fault === 'object') return problem(response, fault.problem);
    const lost = fault === 'lose' ? { writeHead: () => ({ end: () => request.socket.destroy() }) } : response;
    const answer = (status: number, body: unknown) =>
      lost.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const bytes = Buffer.concat(chunks);
    if (name === 'GET /source') return void response.end(this.#scene.source);
    if (name === 'PUT /upload') return this.#store(request, bytes, response);
    if (name !== 'POST /v1/jobs/claim' && request.headers.authorization !== `Bearer ${TOKEN}`)
      return void problem(response, 'unauthenticated');
    this.#answer(name, bytes.length === 0 ? undefined : JSON.parse(bytes.toString()), answer, response);
  }

  #answer(
    name: string,
    body: unknown,
    answer: (status: number, body: unknown) => void,
    response: ServerResponse,
  ) {
    switch (name) {
      case 'POST /v1/jobs/claim': {
        this.claims.push(ClaimJob.parse(body));
        if (this.#scene.refuseTicket === true) return problem(response, 'ticket_refused');
        const { release } = this.#scene;
        return answer(200, {
          token: TOKEN,
          job: claimedJob(this.#scene.spec),
          source: this.#source(),
          release,
        });
      }
      case 'POST /v1/jobs/progress': {
        const report = ReportProgress.parse(body);
        this.reports.push(report);
        return answer(200, { cancel: this.#scene.cancelAt?.(report) ?? false });
      }
      case 'POST /v1/jobs/uploads': {
        const artifact = CreateJobUpload.parse(body);
        this.announced.push(artifact);
        const digest = `sha256:${artifact.sha256}`;
        const known = this.#scene.known?.includes(artifact.sha256) ?? false;
        const upload = {
          method: 'PUT',
          url: `${this.url}/upload/${encodeURIComponent(artifact.name)}?X-Amz-Signature=1`,
          headers: {
            'Content-Type': artifact.content_type,
            'x-amz-checksum-sha256': Buffer.from(artifact.sha256, 'hex').toString('base64'),
          },
          expires_at: '2100-01-01T00:00:00.000Z',
        };
        return answer(201, {
          artifact_id: `art_${ulid(this.announced.length)}`,
          digest,
          upload: known ? null : upload,
        });
      }
      case 'POST /v1/jobs/secrets':
        return answer(200, { secrets: this.#scene.secrets ?? {}, missing: [] });
      case 'POST /v1/jobs/registry-token':
        if (this.#scene.registry === undefined) return problem(response, 'registry_forbidden');
        return answer(200, this.#scene.registry);
      case 'POST /v1/jobs/images': {
        this.images.push(RecordImage.parse(body));
        const ref = `registry.test/hello@sha256:${'0'.repeat(64)}`;
        return answer(200, { artifact_id: IMAGE_ID, ref, platforms: ['linux/amd64'], size_bytes: 1 });
      }
      case 'POST /v1/jobs/result': {
        this.results.push(ReportResult.parse(body));
        return answer(200, { ...claimedJob(this.#scene.spec), status: 'completed' });
      }
      default:
        return problem(response, 'not_found');
    }
  }

  /** As S3 does: the length and the signed headers must be there, and the bytes must be those. */
  async #store(request: IncomingMessage, bytes: Buffer, response: ServerResponse): Promise<void> {
    const name = decodeURIComponent((request.url ?? '').replace(/^\/upload\//, '').replace(/\?.*/, ''));
    const signed = this.announced.findLast((artifact) => artifact.name === name);
    const right =
      request.headers['content-length'] === String(signed?.size_bytes) &&
      request.headers['transfer-encoding'] === undefined &&
      request.headers['content-type'] === signed?.content_type &&
      request.headers['x-amz-checksum-sha256'] === createHash('sha256').update(bytes).digest('base64');
    this.parallel += 1;
    this.mostParallel = Math.max(this.mostParallel, this.parallel);
    // The other uploads that are on their way get the chance to arrive.
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    this.parallel -= 1;
    if (!right) return void response.writeHead(403).end('<Error><Code>SignatureDoesNotMatch</Code></Error>');
    this.stored.set(name, bytes);
    response.end();
  }

  #source() {
    const { source, format = 'tar.gz', strip = 0, name } = this.#scene;
    if (source === undefined) return undefined;
    return {
      url: `${this.url}/source?X-Amz-Signature=1`,
      sha256: sha256(source),
      size_bytes: source.length,
      format,
      name,
      strip_components: strip,
      time_seconds: TIME,
      ...this.#scene.announced,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function problem(response: ServerResponse, code: ErrorCode): void {
  const { title, remedy } = ERRORS[code];
  const body = {
    type: `urn:staithe:problem:${code}`,
    title,
    status: statusOf(code),
    code,
    detail: title,
    remedy,
    request_id: 'r',
  };
  response
    .writeHead(statusOf(code), { 'content-type': 'application/problem+json' })
    .end(JSON.stringify(body));
}
