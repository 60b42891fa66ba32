import { request } from 'node:http';
import { connect } from 'node:net';
import { availableParallelism } from 'node:os';
import { limitsOfMachine } from 'embedded-cloud/services';
import { eventually } from 'embedded-cloud/test-kit/patience.ts';
import { descendantsOf } from 'embedded-cloud/test-kit/processes.ts';
import { needs } from 'embedded-cloud/test-kit/tools.ts';
import { expect, it } from 'vitest';
import { createClient } from '../../lib/contract/client.ts';
import { serverProcess } from '../system/server-process.ts';
import { AMOUNT } from './amount.ts';

const PATHS = ['/v1/whoami', '/v1/projects', '/v1/tokens', '/v1/projects?limit=1', '/v1/openapi.json'];

interface Answer {
  /** 0 when there was none. */
  readonly status: number;
  readonly retryAfter: string | undefined;
}

/** One connection, one request. */
function ask(origin: string, path: string, token: string): Promise<Answer> {
  return new Promise((resolve) => {
    const headers = { authorization: `Bearer ${token}` };
    request(origin, { path, headers, agent: false }, (response) => {
      const { statusCode: status = 0, headers: answered } = response;
      response.resume().on('end', () => resolve({ status, retryAfter: answered['retry-after'] }));
    })
      .on('error', () => resolve({ status: 0, retryAfter: undefined }))
      .end();
  });
}

it(
  `${AMOUNT.connections} connections at once are each answered, within the bound of processes, while health is`,
  needs('/proc'),
  async () => {
    await using server = await serverProcess();
    server.start();
    const { url, token } = await server.ready();
    const client = createClient({ url, token, waits: 0 });
    const most = limitsOfMachine().environments;
    const functions = () => descendantsOf(server.pid()).filter(({ name }) => name === 'bootstrap.mjs').length;
    const timed = async () => {
      const began = performance.now();
      await client.call('listProjects');
      return Math.round(performance.now() - began);
    };
    await timed();
    const before = await timed();

    // Beside those that mean no good, and send half of a request.
    const halfOpen = Array.from({ length: AMOUNT.halfOpen }, () => {
      const { hostname, port } = new URL(url);
      const socket = connect(Number(port), hostname).on('error', () => undefined);
      socket.write('GET /v1/projects HTTP/1.1\r\nHost: here\r\nX-Slow: ');
      return socket;
    });
    let over = false;
    const burst = Promise.all(
      Array.from({ length: AMOUNT.connections }, (_, n) => ask(url, PATHS[n % PATHS.length] ?? '/', token)),
    ).finally(() => {
      over = true;
    });
    const counts: number[] = [];
    let healthy = 0;
    while (!over) {
      await client.call('getHealth');
      healthy++;
      counts.push(functions());
    }
    const answers = await burst;
    const after = await timed();
    for (const socket of halfOpen) socket.destroy();

    const sums = Object.fromEntries(
      [...Map.groupBy(answers, ({ status }) => status)].map(([status, all]) => [status, all.length]),
    );
    process.stdout.write(
      `${JSON.stringify(sums)}; health ${healthy} times; at most ${Math.max(...counts)} of ${most} processes on ${availableParallelism()} cores; first answer ${before} ms before, ${after} ms after\n`,
    );
    for (const { status, retryAfter } of answers) {
      if (status < 300 && status > 0) continue;
      expect([status, retryAfter]).toEqual([
        expect.toSatisfy((one) => one === 429 || one === 503),
        expect.stringMatching(/^\d+$/),
      ]);
    }
    expect(healthy).toBeGreaterThan(0);
    expect(Math.max(...counts)).toBeLessThanOrEqual(most);
    await eventually(() => expect(functions()).toBeLessThanOrEqual(12));
  },
);
