/** What an execution environment writes to its log stream: the function's lines between the platform's own. */
import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { Launch } from './launch.ts';

/** Takes the finished lines away, to CloudWatch Logs. */
export type LogSink = (stream: string, timestamp: number, message: string) => void;

/** Lambda keeps the last 4 KB of an invocation's log for `LogType: Tail`. */
const TAIL_LIMIT = 4096;

export class EnvironmentLog {
  /** `YYYY/MM/DD/[version]<32 hex digits>`, as Lambda names its log streams. */
  readonly stream: string;
  /** Peak memory in MB. */
  #memoryUsed = 0;
  readonly #launch: Launch;
  readonly #sink: LogSink;
  #tail = '';

  constructor(launch: Launch, sink: LogSink) {
    this.#launch = launch;
    this.#sink = sink;
    const day = new Date().toISOString().slice(0, 10).replaceAll('-', '/');
    this.stream = `${day}/[${launch.version}]${randomBytes(16).toString('hex')}`;
  }

  /** The last 4 KB of the log since the last START, in base64 as `X-Amz-Log-Result` carries it. */
  get tail(): string {
    return Buffer.from(this.#tail).subarray(-TAIL_LIMIT).toString('base64');
  }

  /** @param kilobytes most that the function has used so far */
  noteMemory(kilobytes: number): void {
    this.#memoryUsed = Math.max(this.#memoryUsed, Math.ceil(kilobytes / 1024));
  }

  write(line: string): void {
    const message = line.replaceAll('\r', '\n');
    this.#tail = `${this.#tail}${message}\n`.slice(-TAIL_LIMIT);
    this.#sink(this.stream, Date.now(), message);
  }

  initStart(): void {
    if (this.#json) this.#platform('platform.initStart', { functionName: this.#launch.functionName });
    else this.write(`INIT_START Runtime Version: ${this.#launch.settings.runtime || 'of the image'}`);
  }

  /** Of a start that failed, as Lambda reports it (docs: "Understanding the Lambda execution environment lifecycle"). */
  initReport(milliseconds: number, status: 'timeout' | 'error', errorType?: string): void {
    if (this.#json) {
      this.#platform('platform.initReport', {
        initializationType: 'on-demand',
        phase: 'init',
        status,
        ...(errorType !== undefined && { errorType }),
        metrics: { durationMs: Number(milliseconds.toFixed(3)) },
      });
      return;
    }
    const parts = [
      `INIT_REPORT Init Duration: ${milliseconds.toFixed(2)} ms`,
      'Phase: init',
      `Status: ${status}`,
      ...(errorType === undefined ? [] : [`Error Type: ${errorType}`]),
    ];
    this.write(parts.join('\t'));
  }

  start(requestId: string): void {
    this.#tail = '';
    const { version } = this.#launch;
    if (this.#json) this.#platform('platform.start', { requestId, version });
    else this.write(`START RequestId: ${requestId} Version: ${version}`);
  }

  /** @param initDuration milliseconds of the cold start; NaN for a warm invocation */
  end(requestId: string, duration: number, initDuration: number | undefined, status?: string): void {
    const init = initDuration !== undefined && !Number.isNaN(initDuration) ? initDuration : undefined;
    // Billing rounds up to a millisecond and counts the init phase.
    const billed = Math.ceil(duration + (init ?? 0));
    const { memorySize } = this.#launch.settings;
    if (this.#json) {
      const metrics = {
        durationMs: Number(duration.toFixed(3)),
        billedDurationMs: billed,
        memorySizeMB: memorySize,
        maxMemoryUsedMB: this.#memoryUsed,
        ...(init !== undefined && { initDurationMs: Number(init.toFixed(3)) }),
      };
      this.#platform('platform.report', { requestId, metrics, status: status ?? 'success' });
      return;
    }
    this.write(`END RequestId: ${requestId}`);
    const parts = [
      `REPORT RequestId: ${requestId}`,
      `Duration: ${duration.toFixed(2)} ms`,
      `Billed Duration: ${billed} ms`,
      `Memory Size: ${memorySize} MB`,
      `Max Memory Used: ${this.#memoryUsed} MB`,
      ...(init === undefined ? [] : [`Init Duration: ${init.toFixed(2)} ms`]),
      ...(status ? [`Status: ${status}`] : []),
    ];
    this.write(parts.join('\t'));
  }

  get #json(): boolean {
    return this.#launch.settings.logging.LogFormat === 'JSON';
  }

  #platform(type: string, record: Record<string, unknown>): void {
    this.write(JSON.stringify({ time: new Date().toISOString(), type, record }));
  }
}

/** A CloudWatch log event takes 1 MB: a longer line is cut into parts. */
const LINE_LIMIT = 1_000_000;

/** Calls `take` for every line of the stream, and for the rest at its end. */
export function logLines(stream: Readable | null, take: (line: string) => void): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  stream?.on('data', (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
    while (rest.length > LINE_LIMIT) {
      take(rest.slice(0, LINE_LIMIT));
      rest = rest.slice(LINE_LIMIT);
    }
  });
  stream?.on('end', () => {
    if (rest) take(rest);
  });
}
