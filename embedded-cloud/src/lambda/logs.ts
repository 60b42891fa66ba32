/**
 * Carries log lines to CloudWatch Logs: Lambda's under the function's own role, so that a role without `logs:*`
 * permissions has no logs, as on AWS. Lines are batched, and never hold an invocation up.
 */
import { AwsError, type Cloud, type Principal } from '../service.ts';
import { throughThrottling } from '../throttled.ts';
import { type LogEvent, LogLines } from './log-lines.ts';

/** Seconds, about: lines wait in memory meanwhile, and the cloud's stop waits for them. */
const THROTTLED_RETRIES = 10;
/** Milliseconds that lines are gathered before they are sent. */
const FLUSH_AFTER = 500;

interface Stream {
  readonly principal: () => Principal;
  readonly group: string;
  readonly name: string;
  readonly lines: LogLines;
  sending?: Promise<void>;
}

export class LogShipper {
  readonly #cloud: Cloud;
  readonly #area: string;
  readonly #streams = new Map<string, Stream>();
  /** Groups whose refusal was reported already. */
  readonly #refused = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  /** @param area whose lines these are, for the operator's log */
  constructor(cloud: Cloud, area: string) {
    this.#area = area;
    this.#cloud = cloud;
  }

  write(principal: () => Principal, group: string, name: string, timestamp: number, message: string): void {
    if (message === '') return; // CloudWatch Logs takes no empty events, and would refuse those beside it too
    const key = `${group}\n${name}`;
    let stream = this.#streams.get(key);
    if (!stream) {
      stream = { principal, group, name, lines: new LogLines() };
      this.#streams.set(key, stream);
    }
    stream.lines.push({ timestamp, message });
    this.#timer ??= setTimeout(() => void this.flush(), FLUSH_AFTER);
  }

  /** Sends everything that was written so far. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await Promise.all(
      [...this.#streams].map(async ([key, stream]) => {
        await stream.sending;
        if (stream.lines.isEmpty) return;
        stream.sending = this.#send(stream).catch((error: unknown) => {
          this.#cloud.log(this.#area, `log lines of ${stream.group} were lost: ${String(error)}`);
        });
        await stream.sending;
        if (stream.lines.isEmpty) this.#streams.delete(key);
      }),
    );
  }

  async #send(stream: Stream): Promise<void> {
    while (!stream.lines.isEmpty) {
      const batch = stream.lines.take();
      if (!this.#hasLogs()) {
        for (const { message } of batch) this.#cloud.log(this.#area, `${stream.group}: ${message}`);
      } else await this.#put(stream, batch);
    }
  }

  #hasLogs(): boolean {
    try {
      return this.#cloud.service('logs').actions !== undefined;
    } catch {
      return false;
    }
  }

  async #put(stream: Stream, logEvents: readonly LogEvent[]): Promise<void> {
    const target = { logGroupName: stream.group, logStreamName: stream.name };
    const put = () => this.#call(stream, 'PutLogEvents', { ...target, logEvents });
    try {
      await put().catch(async (error: unknown) => {
        if (!isNotFound(error)) throw error;
        await this.#create(stream, target);
        await put();
      });
    } catch (error) {
      // Without the permission, or with a role that is gone, Lambda drops the lines; said once for each group.
      if (this.#refused.has(stream.group)) return;
      this.#refused.add(stream.group);
      this.#cloud.log(
        this.#area,
        `no logs in ${stream.group}: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  async #create(stream: Stream, target: { logGroupName: string; logStreamName: string }): Promise<void> {
    await this.#call(stream, 'CreateLogStream', target).catch(async (error: unknown) => {
      if (!isNotFound(error)) throw error;
      await this.#call(stream, 'CreateLogGroup', { logGroupName: stream.group });
      await this.#call(stream, 'CreateLogStream', target);
    });
  }

  #call(stream: Stream, action: string, input: Record<string, unknown>): Promise<unknown> {
    return throughThrottling(() => this.#cloud.call(stream.principal(), 'logs', action, input), {
      retries: THROTTLED_RETRIES,
    });
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof AwsError && error.code === 'ResourceNotFoundException';
}
