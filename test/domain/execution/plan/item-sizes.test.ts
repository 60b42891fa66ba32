import { expect, test } from 'vitest';
import { CreateBuild } from '../../../../lib/domain/builds/schema.ts';
import { jobs } from '../../../../lib/domain/execution/model/job-record.ts';
import { runs } from '../../../../lib/domain/execution/model/run-record.ts';
import { ManifestError, parse } from '../../../../lib/domain/manifest/index.ts';
import { Keys } from '../../../../lib/domain/storage/keys.ts';
import { planRun, startedBuild, ULID, world } from '../../world.ts';

/** The largest item that DynamoDB takes. */
const ITEM_MAX_BYTES = 400 * 1024;
const inputsOf = (count: number, value: string) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`input_${n}`, value]));

test('inputs that no item of the table could hold are refused before anything is recorded', () => {
  const inputs = inputsOf(50, '€'.repeat(4096));

  const checked = CreateBuild.safeParse({ source_id: `src_${ULID}`, inputs });

  expect(checked.error?.issues).toMatchObject([
    { path: ['inputs'], message: 'must be at most 16 KiB in total' },
  ]);
});

test('a manifest that grows by its aliases beyond what a job can carry is a mistake of the manifest', () => {
  const line = `    - &long ${'x'.repeat(8000)}\n`;
  const text = `services:\n  web:\n    commands:\n${line}${'    - *long\n'.repeat(49)}`;

  expect(() => parse(text)).toThrow(ManifestError);
  expect(() => parse(text)).toThrow('320 KiB');
});

test('the largest job that a build may have fits an item of the table', async () => {
  const place = await world();
  const manifest = `services:\n  web:\n    commands:\n${`    - ${'x'.repeat(8000)}\n`.repeat(32)}`;
  const { run } = await startedBuild(place, manifest, { inputs: inputsOf(3, 'y'.repeat(4096)) });

  expect((await planRun(place, run.id)).jobs).toHaveLength(1);

  const planned = (await runs.get(place.ports.table, Keys.run(run.id)))?.value;
  const [job] = await jobs.getMany(place.ports.table, (planned?.job_ids ?? []).map(Keys.job));
  expect(job?.spec.commands).toHaveLength(32);
  expect(Buffer.byteLength(JSON.stringify(job))).toBeLessThan(ITEM_MAX_BYTES);
});
