import { describe, expect, test } from 'vitest';
import { type Candidate, expired, parseLifecyclePolicy } from '../../src/ecr/lifecycle-policy.ts';

const DAY = 24 * 60 * 60 * 1000;
const NOW = Date.parse('2026-11-21T09:30:00Z');

const image = (digest: string, daysAgo: number, ...tags: string[]): Candidate => ({
  digest,
  tags,
  pushed: NOW - daysAgo * DAY,
  referenced: false,
});
const rule = (rulePriority: number, selection: object) => ({
  rulePriority,
  selection,
  action: { type: 'expire' },
});
const older = (countNumber: number) => ({ countType: 'sinceImagePushed', countUnit: 'days', countNumber });
const beyond = (countNumber: number) => ({ countType: 'imageCountMoreThan', countNumber });
const gone = (rules: object[], images: Candidate[]) =>
  expired(parseLifecyclePolicy(JSON.stringify({ rules })), images, NOW);

describe('a lifecycle policy expires', () => {
  test('untagged images that are older than it says', () => {
    const images = [image('old', 15), image('young', 13), image('tagged', 90, 'v1')];

    expect(gone([rule(1, { tagStatus: 'untagged', ...older(14) })], images)).toEqual(['old']);
  });

  test('the oldest of more than it says', () => {
    const images = [image('first', 3, 'a'), image('third', 1, 'c'), image('second', 2, 'b')];

    expect(gone([rule(1, { tagStatus: 'any', ...beyond(2) })], images)).toEqual(['first']);
  });

  test('tagged images by prefix and by pattern, of which all must be met', () => {
    const images = [
      image('release', 9, 'prod-1', 'v1.2'),
      image('other', 9, 'prod-2'),
      image('dev', 9, 'dev'),
    ];

    expect(gone([rule(1, { tagStatus: 'tagged', tagPrefixList: ['prod-'], ...older(1) })], images)).toEqual([
      'release',
      'other',
    ]);
    expect(
      gone([rule(1, { tagStatus: 'tagged', tagPatternList: ['prod*', 'v*.2'], ...older(1) })], images),
    ).toEqual(['release']);
  });

  test('nothing by a later rule that an earlier one has looked at', () => {
    const images = [image('kept', 90, 'prod'), image('a', 80, 'x'), image('b', 70, 'y')];
    const rules = [
      rule(2, { tagStatus: 'any', ...beyond(1) }),
      rule(1, { tagStatus: 'tagged', tagPrefixList: ['prod'], ...beyond(5) }),
    ];

    expect(gone(rules, images)).toEqual(['a']);
  });

  test('no image that an index needs', () => {
    const child = { ...image('child', 90), referenced: true };

    expect(gone([rule(1, { tagStatus: 'untagged', ...older(14) })], [child])).toEqual([]);
  });
});

test.each([
  [
    'two rules of one priority',
    [rule(1, { tagStatus: 'untagged', ...beyond(1) }), rule(1, { tagStatus: 'untagged', ...older(1) })],
  ],
  [
    'a rule for all before another',
    [rule(1, { tagStatus: 'any', ...beyond(1) }), rule(2, { tagStatus: 'untagged', ...beyond(1) })],
  ],
  ['prefixes for untagged images', [rule(1, { tagStatus: 'untagged', tagPrefixList: ['a'], ...beyond(1) })]],
  ['a count of none', [rule(1, { tagStatus: 'any', ...beyond(0) })]],
  ['no rules', []],
])('%s make no policy', (_, rules) => {
  expect(() => parseLifecyclePolicy(JSON.stringify({ rules }))).toThrow(
    'Lifecycle policy validation failure',
  );
});
