/** MiniStack, an emulator of AWS by others: its CloudFormation, S3, DynamoDB, events, Step Functions and Lambda. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createSocketServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { eventually } from 'embedded-cloud/test-kit/patience.ts';

export interface MiniStack extends AsyncDisposable {
  readonly url: string;
  /** What it and its functions have said so far. */
  log(): string;
  /** Options of an SDK client. */
  readonly sdk: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
    readonly forcePathStyle: boolean;
  };
}

/** @returns the port of a listener that is gone again */
async function freePort(): Promise<number> {
  const server = createSocketServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** @param bin the folder of its program */
export async function startMiniStack(bin: string): Promise<MiniStack> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'staithe-ministack-'));
  const logFile = join(folder, 'log');
  const child = spawn(join(bin, 'ministack'), {
    cwd: folder,
    // Its functions run on the `node` of the PATH: the runtime of the template.
    env: {
      PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
      HOME: folder,
      TMPDIR: folder,
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      LAMBDA_EXECUTOR: 'local',
      SFTP_ENABLED: '0',
      IOT_MTLS_ENABLED: '0',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(logFile);
  for (const stream of [child.stdout, child.stderr]) stream.pipe(log, { end: false });
  const url = `http://127.0.0.1:${port}`;
  const said = () => readFileSync(logFile, 'utf8');
  await eventually(async () => {
    if (child.exitCode !== null) throw new Error(`MiniStack has ended: ${said()}`);
    await fetch(`${url}/_ministack/health`);
  });
  return {
    url,
    log: said,
    sdk: {
      endpoint: url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      forcePathStyle: true,
    },
    [Symbol.asyncDispose]: async () => {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      log.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface Forwarder extends AsyncDisposable {
  readonly url: string;
}

/** What resolvers do with `<api>.execute-api.localhost` differs from machine to machine: this sends its name along. */
export async function forwardTo(api: string): Promise<Forwarder> {
  const { host, port } = new URL(api);
  const server = createServer((incoming, outgoing) => {
    const { method, url: path } = incoming;
    const onward = request(
      { host: '127.0.0.1', port, path, method, headers: { ...incoming.headers, host } },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    onward.on('error', (error) => outgoing.destroy(error));
    incoming.pipe(onward);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
