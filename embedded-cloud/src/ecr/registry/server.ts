/**
 * The registry's own port: the OCI distribution API, Basic authentication with the user `AWS`, and every request
 * decided by IAM for the principal that got the token.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { drain, streamBody } from '../../gateway/body.ts';
import { respond } from '../../gateway/respond.ts';
import type { Call, HttpResponse, Principal } from '../../service.ts';
import type { EcrState } from '../state.ts';
import { errorAnswer, failureOf, jsonAnswer, RegistryFailure } from './answer.ts';
import { blob, download } from './blobs.ts';
import { catalog, referrers, tags } from './lists.ts';
import { manifest } from './manifests.ts';
import { type Endpoint, endpointOf, type RegistryRequest } from './request.ts';
import { beginUpload, continueUpload } from './uploads.ts';

export class RegistryServer {
  readonly #state: EcrState;
  readonly #server: Server;

  constructor(state: EcrState) {
    this.#state = state;
    // A layer of gigabytes over a slow disk takes as long as it takes.
    this.#server = createServer({ requestTimeout: 0, noDelay: true }, (request, response) => {
      void this.#exchange(request, response);
    });
  }

  async listen(port: number): Promise<void> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #exchange(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('docker-distribution-api-version', 'registry/2.0');
    try {
      const answer = await this.#answer(request).catch((error: unknown) => this.#failed(request, error));
      // A client that is still sending when the answer comes would see a reset connection instead of it.
      if (!(await drain(request))) response.setHeader('connection', 'close');
      await respond(response, request.method === 'HEAD' ? bodiless(answer) : answer);
    } catch {
      response.destroy();
    }
  }

  async #answer(request: IncomingMessage): Promise<HttpResponse> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://registry');
    const endpoint = endpointOf(pathname);
    const { method = 'GET', headers } = request;
    if (endpoint.kind === 'download') return download(this.#state, method, endpoint.ticket, headers.range);
    const call = this.#authenticated(headers.authorization);
    return this.#serve(endpoint, {
      method,
      query: searchParams,
      headers,
      body: streamBody(request, undefined),
      call,
    });
  }

  #serve(
    endpoint: Exclude<Endpoint, { kind: 'download' }>,
    request: RegistryRequest,
  ): HttpResponse | Promise<HttpResponse> {
    switch (endpoint.kind) {
      case 'version':
        return jsonAnswer({});
      case 'catalog':
        return catalog(this.#state, request);
      case 'blob':
        return blob(this.#state, request, endpoint);
      case 'uploads':
        return beginUpload(this.#state, request, endpoint);
      case 'upload':
        return continueUpload(this.#state, request, endpoint);
      case 'manifest':
        return manifest(this.#state, request, endpoint);
      case 'tags':
        return tags(this.#state, request, endpoint);
      case 'referrers':
        return referrers(this.#state, request, endpoint);
    }
  }

  /** @throws RegistryFailure 401 without a token that is good, 403 when it was good once */
  #authenticated(authorization: string | undefined): Call {
    const [, encoded] = /^Basic +(\S+)$/i.exec(authorization ?? '') ?? [];
    const [user, password] = Buffer.from(encoded ?? '', 'base64')
      .toString()
      .split(':', 2);
    const principal = user === 'AWS' ? this.#state.tokens.principal(password ?? '') : 'invalid';
    if (principal === 'expired') {
      const message = 'Your authorization token has expired. Reauthenticate and try again.';
      throw new RegistryFailure('DENIED', message, 403);
    }
    const call = principal === 'invalid' ? undefined : this.#callOf(principal);
    if (call !== undefined) return call;
    throw new RegistryFailure('UNAUTHORIZED', 'Not Authorized', 401, {
      'www-authenticate': 'Basic realm="ecr",service="ecr.amazonaws.com"',
    });
  }

  /** Undefined when the role is gone. */
  #callOf(principal: Principal): Call | undefined {
    const { cloud } = this.#state;
    if (cloud.callAs === undefined) throw new Error('This cloud has no calls for principals of a registry.');
    try {
      if (principal.kind === 'role') cloud.role(principal.arn);
    } catch {
      return undefined;
    }
    return cloud.callAs('ecr', principal);
  }

  #failed(request: IncomingMessage, error: unknown): HttpResponse {
    const failure = failureOf(error);
    if (failure !== undefined) return errorAnswer(failure);
    // A client that went away while it was sending is no fault of the registry.
    if (request.complete) {
      const detail = error instanceof Error ? error.stack : String(error);
      this.#state.cloud.log('ecr', `${request.method} ${request.url} failed: ${detail}`);
    }
    const body = JSON.stringify({
      errors: [{ code: 'UNKNOWN', message: 'The registry failed. Try again.' }],
    });
    return { status: 500, headers: { 'content-type': 'application/json' }, body };
  }
}

function bodiless({ status, headers, body }: HttpResponse): HttpResponse {
  const length = typeof body === 'string' ? { 'content-length': String(Buffer.byteLength(body)) } : {};
  return { status, headers: { ...headers, ...length } };
}
