import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { GitHostError } from '../../lib/domain/ports/git-host.ts';
import { StaticTarget } from '../../lib/domain/target/static.ts';
import { blobsContract } from '../domain/ports/blobs.contract.ts';
import { functionsContract } from '../domain/ports/functions.contract.ts';
import { gitHostContract } from '../domain/ports/git-host.contract.ts';
import { jobTokensContract } from '../domain/ports/job-tokens.contract.ts';
import { logsContract } from '../domain/ports/logs.contract.ts';
import { processesContract } from '../domain/ports/processes.contract.ts';
import { tableContract } from '../domain/ports/table.contract.ts';
import { targetContract } from '../domain/ports/target.contract.ts';
import { workflowsContract } from '../domain/ports/workflows.contract.ts';
import { type MemoryBlobs, memoryBlobs } from './blobs.ts';
import { memoryFunctions } from './functions.ts';
import { memoryGitHost } from './git-host.ts';
import { memoryJobTokens } from './job-tokens.ts';
import { memoryLogs } from './logs.ts';
import { memoryProcesses } from './processes.ts';
import { memorySites } from './sites.ts';
import { memoryTable } from './table.ts';
import { memoryWorkflows } from './workflows.ts';
import { seededRandomness, simulatedClock } from './world.ts';

const clock = simulatedClock();

async function placed(blobs: MemoryBlobs, text: string) {
  const sha256 = createHash('sha256').update(text).digest('hex');
  blobs.place(`projects/artifacts/${sha256}`, Buffer.from(text), { sha256 });
  return { key: `projects/artifacts/${sha256}`, digest: `sha256:${sha256}` };
}

describe('the table in memory', () => {
  const table = memoryTable();
  tableContract(() => table);

  test.each([
    ['a date', { when: new Date() }],
    ['a map', { map: new Map() }],
    ['no number', { number: Number.NaN }],
    ['more than 400 KB', { text: 'x'.repeat(400 * 1024) }],
    ['an empty key of the index', { gsi1pk: '', gsi1sk: 'a' }],
    ['half a place on the index', { gsi1pk: 'a' }],
  ])('refuses %s, as DynamoDB would', async (_, attributes) => {
    const put = { pk: 'a', sk: 'a', entity: 'thing', revision: 1, ...attributes };

    await expect(table.write({ put, when: { any: true } })).rejects.toThrow();
  });
});

describe('bytes in memory', () => {
  const blobs = memoryBlobs(clock);
  blobsContract(() => ({
    blobs,
    put: async (url, headers, bytes) => blobs.put(url, headers, bytes),
    fetch: async (url) => blobs.fetch(url),
    later(milliseconds, act) {
      clock.advance(milliseconds);
      return act();
    },
  }));
});

describe('workflows in memory', () => {
  const workflows = memoryWorkflows();
  workflowsContract(() => ({
    workflows,
    async find(name) {
      const found = workflows.find('build', name);
      return found && { ...found, status: found.status === 'succeeded' ? 'ended' : found.status };
    },
    async end(name) {
      const found = workflows.find('build', name);
      if (found !== undefined) found.status = 'succeeded';
    },
  }));
});

describe('logs in memory', () => {
  const logs = memoryLogs();
  logsContract(() => ({
    logs,
    async append(stream, messages) {
      logs.append(stream, ...messages.map((message) => ({ timestamp: Date.now(), message })));
    },
  }));
});

describe('job tokens in memory', () => {
  jobTokensContract(() => ({
    tokens: memoryJobTokens(clock),
    others: memoryJobTokens(clock, 'another key'),
    now: () => clock.now().getTime(),
  }));
});

describe('a git host in memory', () => {
  const gitHost = memoryGitHost();
  gitHostContract(() => ({
    gitHost,
    commit: gitHost.commit,
    fail(how) {
      gitHost.failure = how && new GitHostError('It does not work.', { temporary: how === 'temporarily' });
    },
  }));
});

describe('functions in memory', () => {
  const blobs = memoryBlobs(clock);
  const adapter = memoryFunctions(blobs);
  functionsContract(() => ({
    adapter,
    artifact: (text) => placed(blobs, text),
  }));
});

describe('sites in memory', () => {
  const blobs = memoryBlobs(clock);
  const adapter = memorySites(blobs);
  let count = 0;
  targetContract<StaticTarget>(() => ({
    adapter,
    freshTarget: () => StaticTarget.parse({ kind: 'static', site: `fresh-${++count}` }),
    artifact: (text) => placed(blobs, text),
  }));
});

describe('processes in memory', () => {
  const blobs = memoryBlobs(clock);
  const adapter = memoryProcesses(blobs);
  processesContract(() => ({ adapter, artifact: (text) => placed(blobs, text) }));
});

describe('seeded randomness', () => {
  test('repeats itself with the same seed and only then', () => {
    const draw = (seed: number) => {
      const randomness = seededRandomness(seed);
      return [randomness.ulid(1), randomness.ulid(1), randomness.secret()];
    };

    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  test('gives ULIDs that grow, also within a millisecond and when the clock goes back', () => {
    const { ulid } = seededRandomness();

    const drawn = [ulid(1000), ulid(1000), ulid(999), ulid(2000)];

    expect(drawn.toSorted()).toEqual(drawn);
    expect(new Set(drawn).size).toBe(4);
  });

  test('gives secrets of 32 bytes', () => {
    expect(seededRandomness().secret()).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });
});
