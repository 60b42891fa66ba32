import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LogLine } from '../../lib/domain/log/schema.ts';
import { newSlug, startBuild } from './flow.ts';
import { type Staithe, startStaithe } from './server.ts';

// One cloud with the quotas of a new account in a slow region: one build at a time, ten executions, 25 looks at logs.
let staithe: Staithe;
beforeAll(async () => {
  staithe = await startStaithe({ quotas: 'new-account' });
});
afterAll(() => staithe[Symbol.asyncDispose]());

describe('in a new account', () => {
  it('a build of five jobs, followed by four people, runs one job after the other, and all of them read all of it', async () => {
    const { client } = staithe;
    const slug = newSlug('quota');
    await client.call('createProject', { body: { slug } });
    const services = Object.fromEntries(
      ['a', 'b', 'c', 'd', 'e'].map((name) => [
        name,
        { commands: [`echo "says ${name}"; touch out`], artifacts: 'out' },
      ]),
    );

    const { buildId } = await startBuild(client, slug, { 'staithe.yaml': JSON.stringify({ services }) });
    const readers = await Promise.all([1, 2, 3, 4].map(() => followed(buildId)));

    const build = await client.call('getBuild', { params: { build: buildId } });
    expect(build.latest_run?.status).toBe('completed');
    for (const lines of readers)
      expect(
        lines
          .filter(({ message }) => message.startsWith('says '))
          .map(({ message }) => message)
          .sort(),
      ).toEqual(['says a', 'says b', 'says c', 'says d', 'says e']);
  });
});

async function followed(buildId: string): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await staithe.client.call('getBuildLogs', {
      params: { build: buildId },
      query: { wait: 5, ...(cursor !== undefined && { cursor }) },
    });
    lines.push(...page.items);
    if (page.complete) return lines;
    cursor = page.next_cursor;
  }
}
