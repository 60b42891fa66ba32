/**
 * One execution environment: a child process that handles one event at a time, with the timeouts and the failures of
 * Lambda (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html).
 */
import type { ChildProcess } from 'node:child_process';
import type { ServerResponse } from 'node:http';
import { type EnvironmentLog, logLines } from './environment-log.ts';
import { exitReason, letGo } from './exit.ts';
import { type Launch, startChild } from './launch.ts';
import { type Outcome, platformError, spawnFailed } from './outcome.ts';
import { peakMemory } from './peak-memory.ts';
import type { RuntimeApi, RuntimeClient } from './runtime-api.ts';

/** Largest response of a synchronous invocation: 6 MB and a bit, as Lambda names it in its error. */
const RESPONSE_LIMIT = 6_291_556;

export interface Invocation {
  readonly requestId: string;
  /** JSON text. */
  readonly payload: string;
  readonly functionArn: string;
  /** JSON text of the client context, if any. */
  readonly clientContext?: string;
  /** Aborted when nobody wants the answer any more, of an event that need not be handled then. */
  readonly abandoned?: AbortSignal;
}

interface Running {
  readonly invocation: Invocation;
  readonly started: number;
  readonly timer: NodeJS.Timeout;
  readonly finish: (outcome: Outcome) => void;
  outcome?: Outcome;
  logged: boolean;
}

export class Environment implements RuntimeClient {
  readonly launch: Launch;
  /** Epoch milliseconds when it last finished an invocation. */
  idleSince = Date.now();
  /** Resolves when the process has ended and its log is complete. */
  readonly ended: Promise<void>;
  readonly #api: RuntimeApi;
  readonly #log: EnvironmentLog;
  readonly #born = performance.now();
  readonly #ready = Promise.withResolvers<Outcome | undefined>();
  readonly #ending = Promise.withResolvers<void>();
  #child: ChildProcess | undefined;
  #token = '';
  #waiting: ServerResponse | undefined;
  #running: Running | undefined;
  #initFailure: Outcome | undefined;
  #initDuration: number | undefined;
  /** The start is over, well or not. */
  #isStarted = false;
  #dead = false;

  constructor(launch: Launch, api: RuntimeApi, log: EnvironmentLog) {
    this.launch = launch;
    this.#api = api;
    this.#log = log;
    this.ended = this.#ending.promise;
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** Its runtime is not ours: it does not say how much memory it used, and when its log is complete. */
  get #isImage(): boolean {
    return this.launch.code.image !== undefined;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /**
   * Starts the process and waits until the handler is loaded.
   * @returns undefined when it is ready; else the error that every invocation meets
   */
  async start(requestId: string, initTimeout: number): Promise<Outcome | 'timeout' | undefined> {
    await this.launch.ready();
    const { address, token } = await (this.#isImage
      ? this.#api.registerAlone(this)
      : this.#api.register(this));
    this.#token = token;
    this.#log.initStart();
    const child = startChild(this.launch, address, this.#log.stream);
    this.#child = child;
    logLines(child.stdout, (line) => this.#line(line));
    logLines(child.stderr, (line) => this.#log.write(line));
    child.on('error', (error) => this.#end(`exit: ${error.message}`, requestId));
    child.on('exit', () => letGo(child));
    child.on('close', (code, signal) => this.#end(exitReason(code, signal), requestId));
    const late = Promise.withResolvers<'timeout'>();
    const timer = setTimeout(() => late.resolve('timeout'), initTimeout);
    const result = await Promise.race([this.#ready.promise, late.promise]);
    clearTimeout(timer);
    this.#isStarted = true;
    if (result === 'timeout') this.#log.initReport(initTimeout, 'timeout');
    if (result !== undefined) this.kill();
    if (result !== undefined && result !== 'timeout') {
      // Behind the function's own lines.
      await this.ended;
      this.#log.initReport(performance.now() - this.#born, 'error', errorTypeOf(result));
    }
    return result;
  }

  /** Hands one event to the process. Never rejects: every failure is an outcome. */
  invoke(invocation: Invocation): Promise<Outcome> {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const milliseconds = this.launch.settings.timeout * 1000;
    const timer = setTimeout(() => this.#timedOut(), milliseconds);
    this.#running = { invocation, started: performance.now(), timer, finish: resolve, logged: this.#isImage };
    this.#log.start(invocation.requestId);
    this.#deliver(Date.now() + milliseconds);
    return promise;
  }

  kill(): void {
    this.#child?.kill('SIGKILL');
  }

  next(response: ServerResponse): void {
    this.#waiting = response;
    this.#initDuration ??= performance.now() - this.#born;
    this.#ready.resolve(undefined);
    // What an image wrote before it asked for the next event is in its pipes, which are read in this turn.
    if (this.#isImage) setImmediate(() => this.#settle());
    else this.#settle();
  }

  result(requestId: string, kind: 'response' | 'error', body: string): void {
    const running = this.#running;
    if (running?.invocation.requestId !== requestId || running.outcome) return;
    if (Buffer.byteLength(body) > RESPONSE_LIMIT) {
      const errorMessage = `Response payload size exceeded maximum allowed payload size (${RESPONSE_LIMIT} bytes).`;
      const payload = JSON.stringify({ errorType: 'Function.ResponseSizeTooLarge', errorMessage });
      running.outcome = { payload, functionError: 'Unhandled' };
    } else
      running.outcome = kind === 'error' ? { payload: body, functionError: 'Unhandled' } : { payload: body };
    this.#settle();
  }

  initError(body: string): void {
    this.#initFailure = { payload: body, functionError: 'Unhandled' };
  }

  #deliver(deadline: number): void {
    const response = this.#waiting;
    const running = this.#running;
    if (!response || !running) return;
    this.#waiting = undefined;
    const { requestId, functionArn, payload, clientContext } = running.invocation;
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(payload),
      'lambda-runtime-aws-request-id': requestId,
      'lambda-runtime-deadline-ms': String(deadline),
      'lambda-runtime-invoked-function-arn': functionArn,
      ...(clientContext && { 'lambda-runtime-client-context': clientContext }),
    });
    response.end(payload);
  }

  #line(line: string): void {
    const mark = `\u001e${this.#token} `;
    if (!line.startsWith(mark)) {
      this.#log.write(line);
      return;
    }
    const [requestId, kilobytes] = line.slice(mark.length).split(' ');
    this.#log.noteMemory(Number(kilobytes));
    if (this.#running && this.#running.invocation.requestId === requestId) {
      this.#running.logged = true;
      this.#settle();
    }
  }

  /** An invocation is over when its answer is here, its log is complete, and the process waits for the next one. */
  #settle(): void {
    const running = this.#running;
    if (!running?.outcome || !running.logged || !this.#waiting) return;
    if (this.#isImage && this.pid !== undefined) this.#log.noteMemory(peakMemory(this.pid));
    this.#finish(running, running.outcome);
  }

  #finish(running: Running, outcome: Outcome, status?: string): void {
    clearTimeout(running.timer);
    this.#running = undefined;
    this.idleSince = Date.now();
    const duration = performance.now() - running.started;
    this.#log.end(running.invocation.requestId, duration, this.#initDuration, status);
    this.#initDuration = Number.NaN;
    running.finish({ ...outcome, duration });
  }

  #timedOut(): void {
    const running = this.#running;
    if (!running) return;
    const { requestId } = running.invocation;
    const message = `Task timed out after ${this.launch.settings.timeout.toFixed(2)} seconds`;
    this.#dead = true;
    this.kill();
    this.#log.write(`${new Date().toISOString()} ${requestId} ${message}`);
    this.#finish(running, platformError('Sandbox.Timedout', requestId, message), 'timeout');
  }

  #end(reason: string, startRequestId: string): void {
    this.#dead = true;
    this.#api.unregister(this.#token);
    const running = this.#running;
    const requestId = running?.invocation.requestId ?? startRequestId;
    const started = this.#child?.pid !== undefined;
    const crashed = started
      ? platformError('Runtime.ExitError', requestId, reason)
      : spawnFailed(requestId, reason);
    // A start that reported no error of its own.
    if (!this.#isStarted && this.#initFailure === undefined)
      this.#log.write(`RequestId: ${requestId} Error: ${reason}\r${errorTypeOf(crashed)}`);
    this.#ready.resolve(this.#initFailure ?? crashed);
    if (running) {
      if (!running.outcome) this.#log.write(`RequestId: ${requestId} Error: ${reason}\rRuntime.ExitError`);
      this.#finish(running, running.outcome ?? crashed, 'error');
    }
    this.#ending.resolve();
  }
}

/** The runtime names it in its report of the error. */
function errorTypeOf({ payload }: Outcome): string {
  try {
    const report: unknown = JSON.parse(payload);
    const type = typeof report === 'object' && report !== null ? Reflect.get(report, 'errorType') : undefined;
    return typeof type === 'string' ? type : 'Runtime.Unknown';
  } catch {
    return 'Runtime.Unknown'; // a custom runtime may report anything
  }
}
