import { expect, test } from 'vitest';
import { jobOf as recordOf } from '../../../lib/domain/deployment/jobs/job.ts';
import { JobSettings } from '../../../lib/domain/target/command.ts';
import { readyToDeploy } from '../deploying.ts';

const SETTINGS = JobSettings.parse({ commands: ['helm upgrade'] });

test('a file that is no archive stays one', async () => {
  const deployment = await (await readyToDeploy()).deploy();
  const artifact = { name: 'shop-1.0.0.tgz', content_type: 'application/gzip', size_bytes: 3 };
  const formatOf = (over: object) =>
    recordOf(
      {
        deployment,
        project: {},
        artifact: { ...artifact, ...over } as never,
        machine: { type: 'small', architecture: 'arm64' },
        name: { purpose: 'deploy' },
        settings: SETTINGS,
        env: {},
        now: new Date(0),
      },
      'ticket',
    ).source?.format;

  expect(formatOf({})).toBe('tar.gz');
  expect(formatOf({ name: 'dump.gz' })).toBe('file');
  expect(formatOf({ name: 'shop.exe', content_type: 'application/octet-stream' })).toBe('file');
  expect(formatOf({ image: { ref: 'r' } })).toBeUndefined();
});
