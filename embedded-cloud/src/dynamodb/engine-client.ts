/** The way to the engine: keep-alive HTTP, JSON text in and out. This is DynamoDB's hot path. */
import { type Agent, type IncomingMessage, request } from 'node:http';

export interface EngineAnswer {
  readonly status: number;
  readonly text: string;
}

/** Both engines want credentials to be there and check nothing about them. */
const UNCHECKED_SIGNATURE = {
  authorization:
    'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
  'x-amz-date': '20260101T000000Z',
};

class StaleConnection extends Error {}

export class EngineClient {
  readonly #agent: Agent;

  /** @param agent makes connections to the engine, wherever it listens */
  constructor(agent: Agent) {
    this.#agent = agent;
  }

  /**
   * Sends one request as it is.
   * @param target `X-Amz-Target`, e.g. `DynamoDB_20120810.PutItem`
   * @throws Error when the engine cannot be reached or breaks off
   */
  async post(target: string, body: string): Promise<EngineAnswer> {
    try {
      return await this.#post(target, body);
    } catch (error) {
      // The engine closed an idle connection at the very moment of its reuse; it has not seen the request
      // (https://nodejs.org/api/http.html#requestreusedsocket).
      if (error instanceof StaleConnection) return this.#post(target, body);
      throw error;
    }
  }

  #post(target: string, body: string): Promise<EngineAnswer> {
    return new Promise((resolve, reject) => {
      const headers = {
        ...UNCHECKED_SIGNATURE,
        'content-type': 'application/x-amz-json-1.0',
        'content-length': Buffer.byteLength(body),
        'x-amz-target': target,
      };
      const outgoing = request(
        { agent: this.#agent, host: '127.0.0.1', method: 'POST', path: '/', headers },
        (incoming) => collect(incoming).then(resolve, reject),
      );
      outgoing.once('error', (error: NodeJS.ErrnoException) =>
        reject(outgoing.reusedSocket && error.code === 'ECONNRESET' ? new StaleConnection() : error),
      );
      outgoing.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function collect(incoming: IncomingMessage): Promise<EngineAnswer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.once('error', reject);
    incoming.once('end', () =>
      resolve({ status: incoming.statusCode ?? 500, text: Buffer.concat(chunks).toString('utf8') }),
    );
  });
}
