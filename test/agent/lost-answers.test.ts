import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from 'embedded-cloud/test-kit/patience.ts';
import { isRunning } from 'embedded-cloud/test-kit/processes.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AgentBench } from './agent.ts';
import { ControlPlane } from './control-plane.ts';
import { gone, SOURCE } from './upper-case.ts';

const bench = new AgentBench();

beforeAll(() => bench.build());

afterAll(() => bench[Symbol.dispose]());

/** A folder of this test's own, for what commands leave behind. */
const scratch = (): string => mkdtempSync(join(bench.root, 'scratch-'));

describe('the way to the control plane', () => {
  test('503s, dropped connections and lost answers are made good', async () => {
    const { plane, exitCode } = await bench.run({
      source: SOURCE,
      fault: (_, count) => (count === 1 ? 503 : count === 2 ? 'drop' : undefined),
    });

    expect(exitCode).toBe(0);
    expect(plane.result.status).toBe('completed');
    expect(plane.stored.size).toBe(1);
    for (const request of ['POST /v1/jobs/claim', 'GET /source', 'PUT /upload', 'POST /v1/jobs/result'])
      expect(plane.requests.filter((one) => one === request).length).toBeGreaterThanOrEqual(3);
  });

  test('a claim whose answer was lost is repeated with the same claim id', async () => {
    const { plane, exitCode } = await bench.run({
      source: SOURCE,
      fault: (request, count) => (request === 'POST /v1/jobs/claim' && count === 1 ? 'lose' : undefined),
    });

    expect(exitCode).toBe(0);
    expect(plane.claims).toHaveLength(2);
    expect(new Set(plane.claims.map((claim) => claim.claim_id)).size).toBe(1);
  });

  test('an expired source URL is replaced by claiming again', async () => {
    const { plane } = await bench.run({
      source: SOURCE,
      fault: (request, count) => (request === 'GET /source' && count === 1 ? 403 : undefined),
    });

    expect(plane.claims).toHaveLength(2);
    expect(plane.result.status).toBe('completed');
  });

  test('a result whose answer was lost is reported again', async () => {
    const { plane, exitCode } = await bench.run({
      source: SOURCE,
      fault: (request, count) => (request === 'POST /v1/jobs/result' && count === 1 ? 'lose' : undefined),
    });

    expect(exitCode).toBe(0);
    expect(plane.results).toHaveLength(2);
    expect(plane.results[1]).toEqual(plane.results[0]);
  });

  test('a refused ticket ends it with exit code 3, and nothing was done', async () => {
    const { plane, exitCode, output } = await bench.run({ source: SOURCE, refuseTicket: true });

    expect(exitCode).toBe(3);
    expect(output).toContain('Rerun the build');
    expect(plane.requests).toEqual(['POST /v1/jobs/claim']);
  });

  test('an environment that is not complete ends it with exit code 2', async () => {
    const { exitCode, output } = await bench.run({ source: SOURCE }, { STAITHE_JOB_TICKET: '' });

    expect(exitCode).toBe(2);
    expect(output).toContain('STAITHE_JOB_TICKET');
  });

  test('a cancelled run stops the command and all that it started, with exit code 4', async () => {
    const pids = join(scratch(), 'pids');
    const command = `sleep 300 & echo $! $$ > ${pids}; wait`;
    await using plane = await ControlPlane.start({
      source: SOURCE,
      spec: { commands: [command] },
      cancelAt: (report) => report.stage === 'command 1 of 1' && existsSync(pids),
    });

    const { exitCode } = await bench.start(plane).ended;

    expect(exitCode).toBe(4);
    expect(plane.results).toEqual([]);
    for (const pid of readFileSync(pids, 'utf8').trim().split(' ')) await gone(Number(pid));
  });

  test('a job that the API no longer knows stops in the same way', async () => {
    const { exitCode, plane } = await bench.run({
      source: SOURCE,
      spec: { commands: ['sleep 300'] },
      fault: (request) => (request === 'POST /v1/jobs/progress' ? { problem: 'wrong_state' } : undefined),
    });

    expect(exitCode).toBe(4);
    expect(plane.results).toEqual([]);
  });

  test('a backend that ends the agent ends its commands too', async () => {
    const pidFile = join(scratch(), 'pid');
    await using plane = await ControlPlane.start({
      source: SOURCE,
      spec: { commands: [`echo $$ > ${pidFile}; exec sleep 300`] },
    });
    const agent = bench.start(plane);
    await eventually(() => expect(readFileSync(pidFile, 'utf8')).toMatch(/\d+\n/));

    agent.child.kill('SIGTERM');
    const { exitCode } = await agent.ended;

    expect(exitCode).toBe(143);
    await eventually(() => expect(isRunning(Number(readFileSync(pidFile, 'utf8')))).toBe(false));
  });
});
