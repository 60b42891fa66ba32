/** A request to a version, whether it has traffic or not. One that does not run is started for it. */
import { type IncomingMessage, request as open } from 'node:http';
import { AwsError } from '../service.ts';
import type { VersionRun } from './version-run.ts';

/** An answer is for a check, and is read whole. */
const MOST_BYTES = 1024 * 1024;
const PATIENCE_MS = 20_000;

interface Question {
  readonly Method: string;
  readonly Path: string;
  readonly Headers: Readonly<Record<string, string>>;
}

export interface AskedAnswer {
  readonly Status: number;
  readonly Headers: Record<string, string>;
  /** As text; what is beyond the first megabyte is left off. */
  readonly Body: string;
}

/** @throws AwsError when no replica is ready, or the one that was asked gave no answer */
export async function ask(
  run: VersionRun | undefined,
  failure: string | undefined,
  question: Question,
): Promise<AskedAnswer> {
  const [endpoint] = run?.endpoints(new Set()) ?? [];
  if (endpoint === undefined) {
    const reason = failure ?? 'It has no replica that is ready.';
    throw new AwsError('VersionNotReadyException', `The version does not run. ${reason}`, 409);
  }
  endpoint.inFlight += 1;
  try {
    return await answerOf(endpoint.port, question);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AwsError('NoAnswerException', `The version gave no answer: ${reason}.`, 502);
  } finally {
    endpoint.inFlight -= 1;
  }
}

function answerOf(port: number, { Method, Path, Headers }: Question): Promise<AskedAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<AskedAnswer>();
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const options = {
    host: '127.0.0.1',
    port,
    agent: false,
    method: Method,
    path: Path,
    headers: Headers,
    signal,
  };
  const outgoing = open(options, (answer) => void read(answer).then(resolve, reject));
  outgoing.once('error', (error) =>
    reject(signal.aborted ? new Error(`there was none within ${PATIENCE_MS / 1000} s`) : error),
  );
  outgoing.end();
  return promise;
}

async function read(answer: IncomingMessage): Promise<AskedAnswer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= MOST_BYTES) break;
  }
  const headers = Object.entries(answer.headers).map(([name, value]) => [name, [value].flat().join(', ')]);
  return {
    Status: answer.statusCode ?? 0,
    Headers: Object.fromEntries(headers),
    Body: Buffer.concat(chunks).toString('utf8', 0, MOST_BYTES),
  };
}
