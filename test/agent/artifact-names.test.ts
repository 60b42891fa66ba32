import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packArtifacts } from '../../lib/agent/artifacts.ts';
import { jobs } from '../../lib/domain/execution/model/job-record.ts';
import { suffixOf } from '../../lib/domain/matrix.ts';
import { Keys } from '../../lib/domain/storage/keys.ts';
import { runningJob } from '../domain/execution/running-job.ts';
import { world } from '../domain/world.ts';

test('the artifact of a cell has its axes by name, in whatever order the table gives them', async () => {
  const { ports, project } = await world();
  const artifacts = [{ paths: ['a'], root: '.', format: 'zip' as const }];
  const { job } = await runningJob(ports, project, {
    matrix: { erlang: '26', mode: 'release', arch: 'arm64' },
    spec: { artifacts },
  });
  const folder = await mkdtemp(join(tmpdir(), 'staithe-names-'));
  await writeFile(join(folder, 'a'), 'a');
  const read = await jobs.get(ports.table, Keys.job(job.id));

  const packed = await packArtifacts(read?.value ?? job, folder, folder);

  expect(Object.keys(read?.value.matrix ?? {})).not.toEqual(Object.keys(job.matrix));
  expect(packed.map(({ name }) => name)).toEqual(['web-arch-arm64-erlang-26-mode-release.zip']);
  await rm(folder, { recursive: true });
});

test('a cell is told in one way only, whatever the order of its axes', () => {
  const axes = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9_]{0,5}$/), { minLength: 2, maxLength: 5 });
  const orders = axes.chain((names) =>
    fc.tuple(fc.constant(names), fc.shuffledSubarray(names, { minLength: names.length })),
  );
  fc.assert(
    fc.property(orders, ([names, shuffled]) => {
      const cell = (order: readonly string[]) => Object.fromEntries(order.map((name) => [name, `${name}-1`]));

      expect(suffixOf(cell(shuffled))).toBe(suffixOf(cell(names)));
    }),
  );
});
