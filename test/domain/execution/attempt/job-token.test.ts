/** What a job's token is worth once the job has ended or another agent has it, on another job, and what a fork's gets. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { RequestActor } from '../../../../lib/domain/access/actor.ts';
import { authorize } from '../../../../lib/domain/access/authorize.ts';
import * as Build from '../../../../lib/domain/builds/index.ts';
import * as Cache from '../../../../lib/domain/cache/job-caches.ts';
import * as Job from '../../../../lib/domain/execution/agent.ts';
import { handleFailedAttempt } from '../../../../lib/domain/execution/attempt/failed-attempt.ts';
import { finish } from '../../../../lib/domain/execution/end/index.ts';
import * as Run from '../../../../lib/domain/execution/runs.ts';
import { ofJob } from '../../../../lib/domain/execution/secrets.ts';
import * as Image from '../../../../lib/domain/image/index.ts';
import * as Secret from '../../../../lib/domain/secret/index.ts';
import { authenticate } from '../../../../lib/domain/token/authenticate.ts';
import { ADMIN, claimed, planRun, refusal, startedBuild, type World, world } from '../../world.ts';
import { FAULT } from '../caught.ts';

const MANIFEST = JSON.stringify({
  services: {
    api: {
      dockerfile: 'Dockerfile',
      secrets: ['NPM_TOKEN'],
      cache: { key: 'package-lock.json', paths: 'node_modules' },
    },
    web: { dockerfile: 'Dockerfile', secrets: ['NPM_TOKEN'] },
  },
});
const CACHES = { caches: [{ paths: ['node_modules'], key: 'a'.repeat(64), platform: 'linux-arm64' }] };
const PACKED = { caches: [{ ...CACHES.caches[0], sha256: 'b'.repeat(64), size_bytes: 1 }] } as Parameters<
  typeof Cache.save
>[3];
const FILE = { name: 'a.zip', sha256: 'c'.repeat(64), size_bytes: 1, content_type: 'application/zip' };
const IMAGE = { digest: `sha256:${'d'.repeat(64)}`, tags: ['local'] };

let place: World;
let runId: string;
let jobId: string;
let otherJob: string;
let agent: RequestActor;
beforeEach(async () => {
  place = await world();
  await Secret.put(place.ports, ADMIN, place.project, 'NPM_TOKEN', { value: 'hunter2' });
  await begin();
});

async function begin(input: Parameters<typeof startedBuild>[2] = {}): Promise<void> {
  const { run } = await startedBuild(place, MANIFEST, input);
  runId = run.id;
  const [first, second] = (await planRun(place, run.id)).jobs;
  if (first === undefined || second === undefined) throw new Error('The run has no jobs.');
  const work = await claimed(place, first);
  await claimed(place, second);
  jobId = work.job.id;
  otherJob = second.job_id;
  agent = await authenticate(place.ports, `Bearer ${work.token}`);
}

type Ask = () => Promise<unknown>;
/** Everything that a job's token is good for, but telling how the job is. */
const ASKED: Record<string, Ask> = {
  'its secrets': () => ofJob(place.ports, agent, jobId),
  'a credential for the registry': () => Image.registryToken(place.ports, agent, jobId),
  'an image to be recorded': () => Image.record(place.ports, agent, jobId, IMAGE),
  'its caches': () => Cache.restore(place.ports, agent, jobId, CACHES),
  'to save caches': () => Cache.save(place.ports, agent, jobId, PACKED),
  'caches to count': () => Cache.confirm(place.ports, agent, jobId, PACKED),
  'to upload': () => Job.createUpload(place.ports, agent, jobId, FILE),
};

const ENDS: Record<string, () => Promise<unknown>> = {
  'the run was cancelled': () => Run.cancel(place.ports, ADMIN, runId),
  'the job has failed': () =>
    Job.result(place.ports, agent, jobId, {
      status: 'failed',
      error: { code: 'build_error', message: 'make failed' },
    }),
  'the run was ended by its last step': () => finish(place.ports, runId),
  'another agent has the job': async () => {
    const again = await handleFailedAttempt(place.ports, jobId, FAULT);
    if (!again.retry) throw new Error('There is no second attempt.');
    await claimed(place, again.dispatch);
  },
  'the machine was given up, and no other agent has come yet': async () => {
    expect(await handleFailedAttempt(place.ports, jobId, FAULT)).toMatchObject({
      retry: true,
    });
  },
};

describe.each(Object.entries(ENDS))('when %s, the agent', (_, end) => {
  test.each(Object.entries(ASKED))('asks in vain for %s', async (_what, ask) => {
    await end();

    expect(await refusal(ask)).toBe('wrong_state');
  });
});

test('while it works, it is refused nothing of this', async () => {
  for (const what of ['its secrets', 'a credential for the registry', 'its caches', 'to upload'])
    await expect(ASKED[what]?.(), what).resolves.toBeDefined();
});

test('it is no job of the same run but its own', () => {
  expect(() => authorize(agent, { access: 'job' }, { job: jobId })).not.toThrow();
  expect(() => authorize(agent, { access: 'job' }, { job: otherJob })).toThrow('There is no job');
  expect(() => authorize(agent, { access: 'job_or_viewer' }, { job: otherJob })).toThrow('There is no job');
  expect(() => authorize(agent, { access: 'job' })).toThrow('There is no job');
});

describe('a build of a fork', () => {
  beforeEach(() => begin({ trust: 'fork', git_ref: 'refs/heads/main' }));

  test('gets no secrets and no registry, and what it makes is no image anywhere', async () => {
    expect(await Job.get(place.ports, ADMIN, jobId)).toMatchObject({
      trust: 'fork',
      spec: { secrets: [], image: { push: false } },
    });
    expect(await ofJob(place.ports, agent, jobId)).toEqual({ secrets: {}, missing: [] });
    for (const what of ['a credential for the registry', 'an image to be recorded'])
      expect(await refusal(ASKED[what] ?? expect.fail())).toBe('registry_forbidden');
  });

  test.each(['all', 'failed'] as const)('stays one when it is run again: %s', async (which) => {
    await Run.cancel(place.ports, ADMIN, runId);
    const { build_id: id = '' } = await Run.get(place.ports, ADMIN, runId);

    const again = await Run.rerun(place.ports, ADMIN, await Build.get(place.ports, ADMIN, id), {
      jobs: which,
    });

    const { jobs } = await planRun(place, again.id);
    expect(jobs).toHaveLength(2);
    for (const { job_id } of jobs)
      expect(await Job.get(place.ports, ADMIN, job_id)).toMatchObject({
        trust: 'fork',
        spec: { secrets: [] },
      });
  });
});
