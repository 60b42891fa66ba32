/** Claims about what the template does with uploads of artifacts. */
import { beforeAll, expect, it } from 'vitest';
import { type Infrastructure, infrastructure } from './template.ts';

let stack: Infrastructure;
beforeAll(async () => {
  stack = await infrastructure();
});

it('forgets uploads that nobody verified after a week, and their versions after a day', () => {
  const buckets = stack.of('AWS::S3::Bucket').map(([, { Properties }]) => JSON.stringify(Properties));
  const bytes = buckets.find((bucket) => bucket.includes('uploads/')) ?? '';

  expect(JSON.parse(bytes)).toMatchObject({
    LifecycleConfiguration: {
      Rules: expect.arrayContaining([
        expect.objectContaining({
          Prefix: 'uploads/',
          ExpirationInDays: 7,
          NoncurrentVersionExpiration: { NoncurrentDays: 1 },
        }),
        expect.objectContaining({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } }),
      ]),
    },
  });
});

it('verifies what arrives there with a whole processor and all the time that Lambda gives', () => {
  const [verifier] = stack
    .of('AWS::Lambda::Function')
    .filter(([, { Properties }]) => Properties.Description === 'Verifies uploaded artifacts');
  const [rule] = stack
    .of('AWS::Events::Rule')
    .filter(([, { Properties }]) => JSON.stringify(Properties.EventPattern ?? '').includes('"uploads/"'));

  expect(verifier?.[1].Properties).toMatchObject({ Timeout: 900, MemorySize: 1769 });
  expect(rule?.[1].Properties).toMatchObject({
    Targets: [{ Arn: { 'Fn::GetAtt': [verifier?.[0], 'Arn'] } }],
  });
});

it('lets the functions of uploads write artifacts, and delete only what is not verified', () => {
  const sites = stack
    .of('AWS::S3::Bucket')
    .map(([name]) => name)
    .filter((name) => name.startsWith('SitesFiles'));
  const deleting = stack.statements
    .filter(({ Action }) => Action.includes('s3:DeleteObject'))
    .filter(({ Resource }) => !sites.some((name) => JSON.stringify(Resource).includes(name)));

  expect(deleting.length).toBeGreaterThan(0);
  for (const { Resource: resource } of deleting) expect(JSON.stringify(resource)).toMatch(/"\/uploads\/\*"/);
});
