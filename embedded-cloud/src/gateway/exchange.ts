/**
 * One request to the gateway and its answer. A request finds its service by the credential scope of its signature;
 * without a signature only S3 (by path) may have something for it, as S3's policies can admit anyone.
 */
import { hash, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { AwsError, type Call, type HttpResponse, type Principal, type Service } from '../service.ts';
import { SignatureFailure } from '../sigv4/failure.ts';
import { readSignature, type Signature, type SignedRequest } from '../sigv4/signature.ts';
import type { Verify } from '../sigv4/verify.ts';
import { drain, hasBody, readBody, streamBody } from './body.ts';
import type { CallFactory } from './call.ts';
import { dispatchJson } from './dispatch.ts';
import { errorResponse, inProtocol, type Protocol } from './errors.ts';
import { respond } from './respond.ts';

/** One finished request, as the access log of a load balancer would have it. */
export interface ServedRequest {
  readonly service: string;
  /** The action of a JSON service (`PutItem`), else method and path. */
  readonly operation: string;
  readonly status: number;
  readonly milliseconds: number;
}

export interface GatewayOptions {
  readonly verify: Verify;
  readonly calls: CallFactory;
  /** Finds a service by its signing name. */
  readonly service: (name: string) => Service | undefined;
  readonly log: (message: string) => void;
  /** Takes what custom resources send to their ResponseURL; undefined when the path is not one of those. */
  readonly callback?: (
    method: string,
    path: string,
    body: () => Promise<Buffer>,
  ) => Promise<HttpResponse> | undefined;
  readonly onRequest?: ((request: ServedRequest) => void) | undefined;
}

const ANONYMOUS: Principal = { kind: 'anonymous', arn: 'anonymous' };
const SHA256 = /^[0-9a-f]{64}$/;

export class Exchange {
  readonly #options: GatewayOptions;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #continue: () => void;
  readonly #signed: SignedRequest;
  readonly #started = performance.now();
  #serviceName = '';
  #requestId = '';
  #bodyExpected: boolean;

  constructor(
    options: GatewayOptions,
    request: IncomingMessage,
    response: ServerResponse,
    sendContinue: () => void,
  ) {
    this.#options = options;
    this.#request = request;
    this.#response = response;
    this.#continue = sendContinue;
    this.#bodyExpected = request.headers.expect === undefined;
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    this.#signed = {
      method: request.method ?? 'GET',
      path: mark === -1 ? url : url.slice(0, mark),
      query: mark === -1 ? '' : url.slice(mark + 1),
      headers: request.headersDistinct,
    };
  }

  async run(): Promise<void> {
    try {
      await respond(this.#response, await this.#serve());
    } catch (error) {
      await this.#fail(error);
    }
    this.#options.onRequest?.({
      service: this.#serviceName,
      operation: this.#operation,
      status: this.#response.statusCode,
      milliseconds: performance.now() - this.#started,
    });
  }

  async #serve(): Promise<HttpResponse> {
    const callback = this.#options.callback?.(this.#signed.method, this.#signed.path, () =>
      this.#wholeBody(),
    );
    if (callback !== undefined) return callback;
    const signature = readSignature(this.#signed);
    this.#serviceName = signature?.service ?? (this.#protocol === 's3' ? 's3' : '');
    if (signature === undefined && this.#serviceName !== 's3') {
      throw new SignatureFailure('missing', 'Request is missing Authentication Token');
    }
    const service = this.#options.service(this.#serviceName);
    if (service === undefined) {
      throw new AwsError('NotImplemented', `The embedded cloud has no service '${this.#serviceName}'.`, 501);
    }
    return service.name === 's3'
      ? this.#serveStreaming(service, signature)
      : this.#serveWhole(service, signature);
  }

  /** S3: the signature covers what the client declares the body to be, and the body is checked as it streams. */
  #serveStreaming(service: Service, signature: Signature | undefined): Promise<HttpResponse> {
    const declared = this.#declaredPayload(signature);
    const call = this.#call(
      service,
      signature === undefined ? ANONYMOUS : this.#options.verify(this.#signed, signature, declared).principal,
    );
    this.#acceptBody();
    return this.#handle(service, call, () =>
      streamBody(this.#request, SHA256.test(declared) ? declared : undefined),
    );
  }

  #declaredPayload(signature: Signature | undefined): string {
    const header = this.#signed.headers['x-amz-content-sha256']?.[0];
    if (signature === undefined) return 'UNSIGNED-PAYLOAD';
    if (signature.presigned) {
      const named = signature.parameters.find(([name]) => name.toLowerCase() === 'x-amz-content-sha256')?.[1];
      const signedHeader = signature.signedHeaders.includes('x-amz-content-sha256') ? header : undefined;
      return named ?? signedHeader ?? 'UNSIGNED-PAYLOAD';
    }
    if (header !== undefined) return header;
    throw new AwsError(
      'InvalidRequest',
      'Missing required header for this request: x-amz-content-sha256',
      400,
    );
  }

  async #serveWhole(service: Service, signature: Signature | undefined): Promise<HttpResponse> {
    const body = await this.#wholeBody();
    if (signature === undefined)
      throw new SignatureFailure('missing', 'Request is missing Authentication Token');
    const key = this.#options.verify(this.#signed, signature, hash('sha256', body));
    const call = { ...this.#call(service, key.principal), abandoned: this.#abandoned() };
    const target = this.#request.headers['x-amz-target'];
    if (typeof target !== 'string')
      return this.#handle(service, call, () => Readable.from(body.length === 0 ? [] : [body]));
    return dispatchJson(service, target, body, this.#request.headers, call);
  }

  #handle(service: Service, call: Call, body: () => Readable): Promise<HttpResponse> {
    if (service.handle === undefined) {
      throw new AwsError(
        'UnknownOperationException',
        `${service.name} takes requests with X-Amz-Target only.`,
        404,
      );
    }
    const { method, path, query } = this.#signed;
    return service.handle({ method, path, query, headers: this.#request.headers, body: body() }, call);
  }

  #abandoned(): AbortSignal {
    const left = new AbortController();
    this.#response.once('close', () => {
      if (!this.#response.writableFinished) left.abort();
    });
    return left.signal;
  }

  #call(service: Service, principal: Principal): Call {
    const call = this.#options.calls(service.name, principal);
    this.#requestId = call.requestId;
    return call;
  }

  #wholeBody(): Promise<Buffer> {
    this.#acceptBody();
    return readBody(this.#request);
  }

  #acceptBody(): void {
    if (!this.#bodyExpected) this.#continue();
    this.#bodyExpected = true;
  }

  async #fail(failure: unknown): Promise<void> {
    const error = inProtocol(failure, this.#protocol);
    if (!(error instanceof AwsError) && !clientLeft(error)) {
      this.#options.log(`${this.#serviceName} ${this.#operation} failed: ${describe(error)}`);
    }
    if (this.#response.headersSent) {
      this.#response.destroy();
      return;
    }
    // A client that was never told to continue has sent no body, and may still send one: only closing is unambiguous.
    const reusable = this.#bodyExpected ? await drain(this.#request) : !hasBody(this.#request);
    if (!reusable) this.#response.setHeader('connection', 'close');
    for (const name of this.#response.getHeaderNames())
      if (name !== 'connection') this.#response.removeHeader(name);
    await respond(
      this.#response,
      errorResponse(error, this.#protocol, this.#requestId || randomUUID(), this.#signed.path),
    ).catch(() => this.#response.destroy());
  }

  get #protocol(): Protocol {
    if (this.#request.headers['x-amz-target'] !== undefined) return 'json';
    if (this.#serviceName === 's3') return 's3';
    if (this.#request.headers['content-type']?.startsWith('application/x-www-form-urlencoded'))
      return 'query';
    return this.#serviceName === '' ? 's3' : 'rest-json';
  }

  get #operation(): string {
    const target = this.#request.headers['x-amz-target'];
    if (typeof target === 'string') return target.slice(target.lastIndexOf('.') + 1);
    return `${this.#signed.method} ${this.#signed.path}`;
  }
}

/** A client may go away at any time; that is no fault of a service. */
function clientLeft(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ECONNRESET' || code === 'EPIPE' || code === 'ERR_STREAM_PREMATURE_CLOSE';
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
