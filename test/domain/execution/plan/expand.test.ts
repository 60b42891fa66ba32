import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PlanFailure } from '../../../../lib/domain/execution/model/plan-failure.ts';
import { expand, MAX_JOBS } from '../../../../lib/domain/execution/plan/expand.ts';
import { parse } from '../../../../lib/domain/manifest/index.ts';

const manifestOf = (text: string) => parse(text).manifest;
const names = (text: string, build: Parameters<typeof expand>[0] = {}) =>
  expand(build, manifestOf(text)).map(({ name }) => name);

const MATRIX = `
services:
  api: {matrix: {erlang: [25, 26], mode: [debug, release]}}
  web: {}
`;

describe('a build expands', () => {
  test('to a job for every combination of every service', () => {
    expect(names(MATRIX)).toEqual([
      'api (erlang=25, mode=debug)',
      'api (erlang=25, mode=release)',
      'api (erlang=26, mode=debug)',
      'api (erlang=26, mode=release)',
      'web',
    ]);
  });

  test('to the values that the request names in place of the manifest’s', () => {
    expect(names(MATRIX, { matrix: { erlang: ['27'] } })).toEqual([
      'api (erlang=27, mode=debug)',
      'api (erlang=27, mode=release)',
      'web',
    ]);
  });

  test('over an axis that no service has, in all of them', () => {
    expect(names('services: {api: {}, web: {}}', { matrix: { node: ['22', '24'] } })).toEqual([
      'api (node=22)',
      'api (node=24)',
      'web (node=22)',
      'web (node=24)',
    ]);
  });

  test('to the services that are asked for, and to no others', () => {
    expect(names(MATRIX, { services: ['web'] })).toEqual(['web']);
    expect(() => names(MATRIX, { services: ['db'] })).toThrow(/no service 'db'; it has api, web/);
  });

  test('to 256 jobs and no more', () => {
    const many = Array.from({ length: 64 }, (_, at) => `v${at}`);
    const four = 'services: {a: {}, b: {}, c: {}, d: {}}';

    expect(names(four, { matrix: { axis: many } })).toHaveLength(MAX_JOBS);
    expect(() => names(four, { matrix: { axis: [...many, 'one-more'] } })).toThrow(PlanFailure);
  });

  test('to cells that are all different, as many as the product of their axes', () => {
    const axis = fc.uniqueArray(fc.stringMatching(/^[a-z0-9]{1,4}$/), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(axis, axis, (one, other) => {
        const cells = expand({ matrix: { one, other } }, manifestOf('services: {api: {}}'));

        expect(new Set(cells.map(({ name }) => name)).size).toBe(one.length * other.length);
        for (const { matrix } of cells) expect(Object.keys(matrix)).toEqual(['one', 'other']);
      }),
    );
  });
});
