/** Staithe as `npm start` runs it: the synthesized template on the embedded cloud, with a client that has an admin's token. */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import {
  LAMBDA_RUNTIMES,
  type QuotaProfile,
  type Quotas,
  type RunningCloud,
  startCloud,
} from 'embedded-cloud';
import { PATIENCE } from 'embedded-cloud/test-kit/patience.ts';
import { saveUsage } from 'embedded-cloud/usage';
import { expect, inject } from 'vitest';
import { retryAfterOf } from '../../lib/contract/busy.ts';
import { type Client, createClient } from '../../lib/contract/client.ts';
import { retry } from '../../lib/contract/retry.ts';
import type { Fetch } from '../../lib/contract/route-client.ts';
import { RUNTIMES } from '../../lib/domain/runtimes.ts';
import { connect } from '../../lib/start/connection.ts';
import { MAIL_SENDER } from '../../lib/start/mail-sender.ts';
import { quotasNamed } from '../../lib/start/options.ts';
import { assertDocumented } from '../documented.ts';
import { sharedAssembly } from './assembly.ts';

export interface Staithe extends AsyncDisposable {
  readonly url: string;
  /** Calls the API as an admin. */
  readonly client: Client;
  readonly adminToken: string;
  readonly webhookSecret: string;
  readonly cloud: RunningCloud;
  /** Where the cloud keeps everything. */
  readonly stateFolder: string;
  /** What the cloud logged so far. */
  readonly log: readonly string[];
  /** A client with another token, or with none. */
  as(token: string | undefined): Client;
  /** A request as anybody could send it. */
  http(method: string, path: string, request?: HttpRequest): Promise<HttpAnswer>;
  /** For clients of the AWS SDK, as the account's operator. */
  readonly aws: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
}

export interface HttpRequest {
  /** The admin's when absent; null for none. */
  readonly token?: string | null;
  readonly headers?: Record<string, string>;
  /** Text and bytes are sent as they are, anything else as JSON. */
  readonly body?: unknown;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed JSON, or the text when it is none. */
  readonly body: unknown;
}

const USAGE = 'usage';
export const FILES = 'files.txt';

/** Where the clouds of this vitest run leave which permissions were used. */
export const usageFolder = (): string => join(inject('runFolder'), USAGE);

/**
 * Starts Staithe. What permissions it used counts for the report when it stops, unless it ran a changed template.
 * @param options.assembly instead of the shared one; its use of permissions does not count unless `counts` says so
 * @param options.now the cloud's clock
 * @param options.state an empty folder for all that it keeps; otherwise a new one below the temporary folder
 * @param options.parameters of the template
 * @param options.quotas of the account; by default those of STAITHE_QUOTAS, as `npm start` takes it, or else the machine's
 */
export async function startStaithe(
  options: {
    assembly?: string;
    counts?: boolean;
    now?: () => number;
    parameters?: Record<string, string>;
    state?: string;
    quotas?: QuotaProfile | Quotas;
  } = {},
): Promise<Staithe> {
  const state = options.state ?? mkdtempSync(join(tmpdir(), 'staithe-system-'));
  const log: string[] = [];
  const counts = options.counts ?? options.assembly === undefined;
  const assembly = options.assembly ?? (await sharedAssembly());
  const quotas = options.quotas ?? quotasNamed(process.env.STAITHE_QUOTAS);
  const cloud = await startCloud({
    assembly,
    stateDir: join(state, 'cloud'),
    // All clouds of a run start the same functions.
    compileCache: join(inject('runFolder'), 'compiled'),
    log: (area, message) => log.push(`${area}: ${message}`),
    ...(options.now && { now: options.now }),
    // As `npm start` does, where no quota is in the way.
    parameters: {
      FunctionPrefix: '',
      FunctionRuntimes: RUNTIMES.filter((runtime) => LAMBDA_RUNTIMES.includes(runtime)).join(','),
      ...(quotas === 'machine' && { LogReadsPerSecond: '100' }),
      SitesProtocol: 'http',
      LoopbackWebhooks: 'allow',
      Processes: 'allow',
      MailSender: MAIL_SENDER,
      ...options.parameters,
    },
    quotas,
    ...(counts && { usageDir: usageFolder() }),
  });
  const connection = await connect(cloud, state);
  const as = (token: string | undefined) =>
    createClient({ url: connection.url, fetch: documented, ...(token !== undefined && { token }) });
  const stop = async () => {
    await cloud.stop();
    if (counts) noteFile();
    rmSync(state, { recursive: true, force: true });
  };
  return {
    url: connection.url,
    client: as(connection.token),
    adminToken: connection.token,
    webhookSecret: connection.webhook_secret,
    cloud,
    stateFolder: state,
    log,
    as,
    http: (method, path, request) => send(connection.url, connection.token, method, path, request),
    aws: { endpoint: cloud.endpoint, region: cloud.cloud.region, credentials: cloud.operator },
    [Symbol.asyncDispose]: stop,
  };
}

let shared: Promise<Staithe> | undefined;

/**
 * The Staithe of this worker: for tests that look at nothing but what they have made, in projects of their own. Starting
 * one, and each of its functions for the first time, takes 5 s of a processor. It stays when a file ends, and ends with the worker.
 */
export async function sharedStaithe(): Promise<Staithe> {
  shared ??= startStaithe({ state: mkdtempSync(join(inject('runFolder'), 'shared-cloud-')), counts: false });
  const staithe = await shared.catch((error: unknown) => {
    shared = undefined;
    throw error;
  });
  return {
    ...staithe,
    async [Symbol.asyncDispose]() {
      saveUsage(usageFolder(), staithe.cloud.permissionsReport().granted);
      noteFile();
    },
  };
}

/** The permissions report is whole when each file of system tests stands here. */
function noteFile(): void {
  mkdirSync(usageFolder(), { recursive: true });
  appendFileSync(join(usageFolder(), FILES), `${basename(expect.getState().testPath ?? '')}\n`);
}

/** No function had room, and nothing has run. */
class NoRoom extends Error {
  readonly milliseconds: number;

  constructor(milliseconds: number) {
    super('No function had room until the patience of tests was over.');
    this.milliseconds = milliseconds;
  }
}

/** The platform's, with a look at what is answered. With an account's quotas it waits for room, as the CLI does. */
const documented: Fetch = (url, request) =>
  retry(
    async () => {
      const response = await fetch(url, request);
      const { pathname } = new URL(url);
      assertDocumented(request.method, pathname, response.status, response.headers.get('content-type'));
      const asked = response.status === 503 ? retryAfterOf(response.headers.get('retry-after')) : undefined;
      if (asked === undefined || quotasNamed(process.env.STAITHE_QUOTAS) === 'machine') return response;
      throw new NoRoom(asked);
    },
    {
      pause: () => 1000,
      helps: (error) => error instanceof NoRoom,
      asked: (error) => (error instanceof NoRoom ? error.milliseconds : undefined),
      within: PATIENCE.timeout,
    },
  );

async function send(
  url: string,
  adminToken: string,
  method: string,
  path: string,
  { token = adminToken, headers = {}, body }: HttpRequest = {},
): Promise<HttpAnswer> {
  const raw = typeof body === 'string' || body instanceof Uint8Array;
  const response = await fetch(`${url}${path}`, {
    method,
    redirect: 'manual',
    headers: {
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: raw ? body : JSON.stringify(body) }),
  });
  assertDocumented(method, path, response.status, response.headers.get('content-type'));
  const text = await response.text();
  try {
    return { status: response.status, headers: response.headers, body: JSON.parse(text) };
  } catch {
    return { status: response.status, headers: response.headers, body: text };
  }
}
