/**
 * Calls of the process service of the embedded cloud (embedded-cloud/docs/reference.md, "Processes"), for which AWS has
 * no SDK: signed JSON, as its JSON services take it.
 */
import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import * as z from 'zod';

export interface ProcessClientOptions {
  /** The gateway of the embedded cloud. */
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
}

/** An error as the service answers it. */
export class ProcessError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = 'ProcessError';
    this.code = code;
  }
}

export type ProcessCall = <Output extends z.ZodType>(
  action: string,
  input: Readonly<Record<string, unknown>>,
  output: Output,
) => Promise<z.infer<Output>>;

const Failure = z.object({ __type: z.string(), message: z.string() });

/** SHA-256 as the signer asks for it. */
class Sha256 {
  readonly #hash: ReturnType<typeof createHash> | ReturnType<typeof createHmac>;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    const key = secret === undefined || typeof secret === 'string' ? secret : bytesOf(secret);
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', key);
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(typeof data === 'string' ? data : bytesOf(data));
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {
    throw new Error('A signature is made once.');
  }
}

const bytesOf = (data: ArrayBuffer | ArrayBufferView): Buffer =>
  ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : Buffer.from(data);

/** @param options where it is asked, and as whom; by default as the SDK's clients know it from the environment */
export function processClient(options: () => ProcessClientOptions = fromEnvironment): ProcessCall {
  return async (action, input, output) => {
    const { endpoint, region, credentials } = options();
    const { protocol, hostname, port, host } = new URL(endpoint);
    const signer = new SignatureV4({ service: 'processes', region, credentials, sha256: Sha256 });
    const { headers, body, method } = await signer.sign({
      ...{ method: 'POST', protocol, hostname, port: Number(port), path: '/', query: {} },
      headers: {
        host,
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `Processes.${action}`,
      },
      body: JSON.stringify(input),
    });
    const response = await fetch(endpoint, { method, headers, body });
    const answer: unknown = await response.json();
    if (response.ok) return output.parse(answer);
    const { __type: code, message } = Failure.parse(answer);
    throw new ProcessError(code, message);
  };
}

/** @throws Error where the SDK's clients would call AWS, which has no such service */
function fromEnvironment(): ProcessClientOptions {
  const { AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } =
    process.env;
  if (AWS_ENDPOINT_URL === undefined) throw new Error('Processes run on the embedded cloud only.');
  return {
    endpoint: AWS_ENDPOINT_URL,
    region: AWS_REGION ?? '',
    credentials: {
      accessKeyId: AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: AWS_SECRET_ACCESS_KEY ?? '',
      ...(AWS_SESSION_TOKEN !== undefined && { sessionToken: AWS_SESSION_TOKEN }),
    },
  };
}
