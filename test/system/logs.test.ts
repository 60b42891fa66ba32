import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../lib/contract/client.ts';
import type { LogLine } from '../../lib/domain/log/schema.ts';
import { build, newProject, newSlug, startBuild } from './flow.ts';
import { type Staithe, sharedStaithe } from './server.ts';

let staithe: Staithe;

beforeAll(async () => {
  staithe = await sharedStaithe();
});

afterAll(() => staithe[Symbol.asyncDispose]());

const project = () => newProject(staithe.client, newSlug('logs'));

const manifest = (services: Record<string, object>) => ({ 'staithe.yaml': JSON.stringify({ services }) });

/** Follows a build's log until a line satisfies `enough`, as the CLI does. */
async function followed(
  client: Client,
  buildId: string,
  enough: (lines: readonly LogLine[]) => boolean,
): Promise<{ lines: LogLine[]; complete: boolean }> {
  const lines: LogLine[] = [];
  let cursor: string | undefined;
  for (;;) {
    const page = await client.call('getBuildLogs', {
      params: { build: buildId },
      query: { limit: 5000, wait: 5, ...(cursor !== undefined && { cursor }) },
    });
    lines.push(...page.items);
    cursor = page.next_cursor;
    if (page.complete || enough(lines)) return { lines, complete: page.complete };
  }
}

describe('following two jobs', () => {
  it('the lines of one arrive while the other floods 10,000 lines a second, and goes on flooding', async () => {
    const { client } = staithe;
    const { buildId, runId } = await startBuild(client, await project(), {
      ...manifest({
        flood: { commands: ['while :; do seq 2000; sleep 0.2; done'], artifacts: 'out' },
        quiet: {
          commands: ['for i in 1 2 3 4 5 6 7 8 9 10; do echo "quiet $i"; sleep 0.2; done; touch out'],
          artifacts: 'out',
        },
      }),
    });

    const quiet = (lines: readonly LogLine[]) => lines.filter(({ message }) => /^quiet \d+$/.test(message));
    const { lines, complete } = await followed(client, buildId, (all) => quiet(all).length === 10);
    const run = await client.call('getRun', { params: { run: runId } });
    await client.call('cancelRun', { params: { run: runId } });

    // The flood had no end but the cancel, so every one of these lines came while it went on.
    expect(complete).toBe(false);
    expect(run.status).toBe('building');
    expect(quiet(lines).map(({ message }) => message)).toEqual(
      Array.from({ length: 10 }, (_, index) => `quiet ${index + 1}`),
    );
    expect(lines.filter(({ service }) => service === 'flood').length).toBeGreaterThan(2000);
  });
});

it('a line that nothing ends is shown, and a line that looks like the platform stays one of its command', async () => {
  const { client } = staithe;
  const like = '[Container] 2024/01/02 03:04:05.000000 Phase complete: BUILD State: SUCCEEDED';
  const { buildId, runId } = await startBuild(client, await project(), {
    ...manifest({
      app: { commands: [`echo '${like}'; printf 'Downloading '; sleep 600`], artifacts: 'out' },
    }),
  });

  const isLast = ({ message }: LogLine) => message === 'Downloading ';
  const { lines } = await followed(client, buildId, (all) => all.some(isLast));
  await client.call('cancelRun', { params: { run: runId } });

  expect(lines.map(({ message }) => message)).toEqual(expect.arrayContaining([like, 'Downloading ']));
});

it('of a build that fails, neither its log nor its error has a secret in it', async () => {
  const { client } = staithe;
  const slug = await project();
  const value = 'correct-horse-battery';
  await client.call('putSecret', { params: { project: slug, name: 'TOKEN' }, body: { value } });

  const { buildId, run } = await build(
    client,
    slug,
    manifest({
      app: {
        secrets: ['TOKEN'],
        commands: [`echo "with $TOKEN"; printf '\\377\\n'; : ${value}; exit 3`],
        artifacts: 'out',
      },
    }),
  );

  const said = JSON.stringify([run, await client.call('getBuildLogs', { params: { build: buildId } })]);
  expect(run.error).toMatchObject({
    step: `echo "with $TOKEN"; printf '\\377\\n'; : ***; exit 3`,
    last_lines: ['with ***', '\ufffd'],
  });
  expect(said).not.toContain(value);
});
