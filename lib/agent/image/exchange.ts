/** One HTTP exchange with a registry, on node:http as all of the agent's (request.ts). */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** 4 MiB: what registries must take as a manifest (OCI distribution-spec, "Pushing Manifests"). */
const LONGEST_BODY = 4 * 1024 ** 2;
const TIMEOUT_MS = 30_000;

export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

/** @throws when nobody answers, the answer breaks off, or it is longer than a manifest may be */
export function exchange(
  url: string,
  { method, headers, body }: Request,
  signal: AbortSignal,
): Promise<Answer> {
  const send = url.startsWith('https:') ? httpsRequest : httpRequest;
  const options = {
    method,
    headers: { ...headers, 'content-length': String(body?.length ?? 0) },
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
  };
  return new Promise((resolve, reject) => {
    send(url, options, (response) => {
      const chunks: Buffer[] = [];
      let length = 0;
      response
        .on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          length += chunk.length;
          if (length > LONGEST_BODY) response.destroy(new Error('the answer is longer than 4 MiB'));
        })
        .on('error', reject)
        .on('end', () => {
          const fields = Object.entries(response.headers).map(([name, value]) => [name, value?.toString()]);
          resolve({
            status: response.statusCode ?? 0,
            headers: Object.fromEntries(fields),
            body: Buffer.concat(chunks),
          });
        });
    })
      .on('error', reject)
      .end(body);
  });
}
