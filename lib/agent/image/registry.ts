/** What the agent itself asks of a registry (OCI distribution-spec 1.1): manifests by tag, and whether it may push. */
import * as z from 'zod';
import type { RegistryToken } from '../../domain/image/schema.ts';
import { isLoopback } from '../../domain/loopback.ts';
import { retry } from '../retry.ts';
import { type Answer, exchange, type Request } from './exchange.ts';
import { isDockerHub } from './login.ts';
import { MANIFEST_TYPES, type Manifest, manifestOf } from './manifest.ts';

/** The registry refused, is away, or answers nonsense. */
export class RegistryProblem extends Error {
  override readonly name = 'RegistryProblem';
  /** `refused`: the credential is not good for this. `away`: it may be there again in a moment. */
  readonly kind: 'refused' | 'away' | 'broken';

  constructor(kind: 'refused' | 'away' | 'broken', message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** About 6 seconds of waits: a registry that restarts is back by then. */
const ATTEMPTS = 7;

export class Registry {
  readonly #token: RegistryToken;
  readonly #root: string;
  readonly #signal: AbortSignal;
  /** What the registry has asked for so far; none until it does. */
  #authorization: string | undefined;

  constructor(token: RegistryToken, signal: AbortSignal) {
    // Docker Hub's API has another host than its images' names (distribution/reference).
    const host = isDockerHub(token.registry) ? 'registry-1.docker.io' : token.registry;
    this.#root = `${token.insecure ? 'http' : 'https'}://${host}/v2/${token.repository}`;
    this.#token = token;
    this.#signal = signal;
  }

  /** @returns undefined when there is no such tag @throws RegistryProblem */
  async manifest(tag: string): Promise<Manifest | undefined> {
    const answer = await this.#ask(`/manifests/${tag}`, {
      method: 'GET',
      headers: { accept: MANIFEST_TYPES },
    });
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw this.#problem(answer);
    return manifestOf(answer.body, answer.headers['content-type'] ?? '');
  }

  /** Gives a stored manifest another tag. @returns false when the tag may not be moved @throws RegistryProblem */
  async tag(tag: string, { mediaType, bytes }: Manifest): Promise<boolean> {
    const headers = { 'content-type': mediaType };
    const answer = await this.#ask(`/manifests/${tag}`, { method: 'PUT', headers, body: bytes });
    if (answer.status === 201) return true;
    // 400 is ECR's answer for a tag that never moves (ImageTagAlreadyExistsException); others say 409 or 412.
    if ([400, 409, 412].includes(answer.status)) return false;
    throw this.#problem(answer);
  }

  /**
   * Finds out what a failed push means, as the answer of a push's first request: its upload is cancelled at once.
   * @throws RegistryProblem when the registry does not let the job push
   */
  async assertPushable(): Promise<void> {
    const answer = await this.#ask('/blobs/uploads/', { method: 'POST', headers: {} });
    if (answer.status !== 202) throw this.#problem(answer);
    const { location } = answer.headers;
    if (location === undefined) return;
    const upload = new URL(location, this.#root);
    if (upload.origin !== new URL(this.#root).origin) return;
    await this.#send(upload.href, { method: 'DELETE', headers: {} }).catch(() => undefined);
  }

  /** @throws RegistryProblem refused or away */
  async #ask(path: string, request: Request): Promise<Answer> {
    return retry(() => this.#authorized(`${this.#root}${path}`, request), {
      attempts: ATTEMPTS,
      signal: this.#signal,
      helps: (error) => error instanceof RegistryProblem && error.kind === 'away',
    });
  }

  async #authorized(url: string, request: Request): Promise<Answer> {
    let answer = await this.#send(url, request);
    if (answer.status === 401 && (await this.#authenticate(answer.headers['www-authenticate'] ?? '')))
      answer = await this.#send(url, request);
    if (answer.status === 401 || answer.status === 403) throw this.#problem(answer);
    if (answer.status === 429 || answer.status >= 500) throw this.#problem(answer);
    return answer;
  }

  async #send(url: string, { headers, ...request }: Request): Promise<Answer> {
    const authorization = this.#authorization === undefined ? {} : { authorization: this.#authorization };
    return exchange(url, { ...request, headers: { ...headers, ...authorization } }, this.#signal).catch(
      (error: unknown) => {
        this.#signal.throwIfAborted();
        const reason = error instanceof Error ? error.message : String(error);
        throw new RegistryProblem('away', `${this.#token.registry} does not answer: ${reason}.`, {
          cause: error,
        });
      },
    );
  }

  /** Meets a registry's challenge (RFC 9110 section 11.6.1). @returns whether another try makes sense */
  async #authenticate(challenge: string): Promise<boolean> {
    const { username, password } = this.#token;
    const basic = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    const before = this.#authorization;
    if (/^basic\b/i.test(challenge)) this.#authorization = username === '' ? undefined : basic;
    else if (/^bearer\b/i.test(challenge))
      this.#authorization = await this.#bearer(challenge, username === '' ? undefined : basic);
    return this.#authorization !== undefined && this.#authorization !== before;
  }

  /** Asks the token server that the challenge names (distribution, "Token Authentication Specification"). */
  async #bearer(challenge: string, basic: string | undefined): Promise<string | undefined> {
    const field = (name: string) => new RegExp(`\\b${name}="([^"]*)"`, 'i').exec(challenge)?.[1];
    const url = URL.parse(field('realm') ?? '');
    if (url === null || !isSafe(url, this.#token.insecure)) return undefined;
    const service = field('service');
    if (service !== undefined) url.searchParams.set('service', service);
    url.searchParams.set('scope', `repository:${this.#token.repository}:pull,push`);
    this.#authorization = basic;
    const answer = await this.#send(url.href, { method: 'GET', headers: {} });
    if (answer.status !== 200) return undefined;
    const issued = read(TokenAnswer, answer.body);
    const token = issued?.token ?? issued?.access_token;
    return token === undefined ? undefined : `Bearer ${token}`;
  }

  #problem({ status, body }: Answer): RegistryProblem {
    const { registry, repository } = this.#token;
    const said = read(ErrorAnswer, body)?.errors[0]?.message;
    const words = said === undefined ? '' : ` ("${said.slice(0, 300)}")`;
    if (status === 401 || status === 403)
      return new RegistryProblem(
        'refused',
        `${registry} refuses to let this job push to ${repository}: ${status}${words}.`,
      );
    const kind = status === 429 || status >= 500 ? 'away' : 'broken';
    return new RegistryProblem(kind, `${registry} answered ${status}${words} for ${repository}.`);
  }
}

/** The password goes to no server that could be listened to: only a registry on loopback may have one in plain HTTP, there. */
function isSafe({ protocol, hostname }: URL, insecure: boolean): boolean {
  return protocol === 'https:' || (insecure && isLoopback(hostname));
}

/** What a token server answers: one of the two (distribution, "Token Authentication Specification"). */
const TokenAnswer = z.object({ token: z.string().optional(), access_token: z.string().optional() });
/** A registry's own words (OCI distribution-spec, "Error Codes"). */
const ErrorAnswer = z.object({ errors: z.array(z.object({ message: z.string() })).min(1) });

function read<Shape>(schema: z.ZodType<Shape>, body: Buffer): Shape | undefined {
  try {
    return schema.safeParse(JSON.parse(body.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
