/** Jobs that look for caches and leave some, as their agents do. */
import { expect } from 'vitest';
import { confirm, restore, save } from '../../lib/domain/cache/job-caches.ts';
import { Build } from '../../lib/domain/execution/model/build.ts';
import { builds } from '../../lib/domain/execution/model/build-record.ts';
import { type RunningJob, runningJob } from './execution/running-job.ts';
import { sha256Of, ULID, world } from './world.ts';

export const DAY = 24 * 3600 * 1000;

const PATHS = ['node_modules'];

const KEY = sha256Of('the lock file');

export const OTHER_KEY = sha256Of('another lock file');

export const spec = { caches: [{ key: ['package-lock.json'], paths: PATHS }] };

export type Facts = NonNullable<Parameters<typeof runningJob>[2]>;

export const wanted = (key = KEY) => ({ paths: PATHS, key, platform: 'linux-arm64' });

export async function caching() {
  const place = await world();
  const scene = {
    place,
    job: (facts: Facts = {}) => runningJob(place.ports, place.project, { branch: 'main', spec, ...facts }),
    /** A job of a pull request of a fork. */
    async fork(gitRef: string | undefined, facts: Facts = {}): Promise<RunningJob> {
      const ulid = place.ports.randomness.ulid(place.ports.clock.now().getTime());
      const build = Build.parse({
        id: `bld_${ulid}`,
        project_id: place.project.id,
        source_id: `src_${ULID}`,
        git_ref: gitRef,
        inputs: {},
        trust: 'fork',
        created_at: '2026-11-21T09:30:00.000Z',
        created_by: 'x',
      });
      await builds.create(place.ports.table, build);
      return scene.job({ trust: 'fork', branch: undefined, build_id: build.id, ...facts });
    },
    async look({ actor }: RunningJob, key = KEY) {
      const { caches } = await restore(place.ports, actor, actor.job_id, { caches: [wanted(key)] });
      const [found] = caches;
      if (found === undefined) throw new Error('One answer was expected.');
      return found;
    },
    async bytesOf(one: RunningJob, key = KEY) {
      const { download } = await scene.look(one, key);
      return download === null ? undefined : place.ports.blobs.fetch(download.url).bytes?.toString();
    },
    /** What an agent does to leave a cache. */
    async leave({ actor }: RunningJob, text: string, key = KEY): Promise<void> {
      const packed = { ...wanted(key), sha256: sha256Of(text), size_bytes: Buffer.byteLength(text) };
      const { uploads } = await save(place.ports, actor, actor.job_id, { caches: [packed] });
      for (const upload of uploads)
        expect(place.ports.blobs.put(upload.url, upload.headers, Buffer.from(text))).toBe(200);
      await confirm(place.ports, actor, actor.job_id, { caches: [packed] });
    },
  };
  return scene;
}
