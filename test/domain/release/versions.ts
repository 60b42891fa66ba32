/** Versions and ranges of them, close to each other, so that they meet. */
import fc from 'fast-check';

const number = fc.constantFrom(0, 1, 2, 9, 10, 11, 100);
const core = fc.tuple(number, number, number).map((numbers) => numbers.join('.'));
const identifier = fc.constantFrom(
  '0',
  '1',
  '2',
  '10',
  'alpha',
  'alpha-x',
  'beta',
  'rc',
  'A',
  '-',
  '0a',
  '1-',
);
const prerelease = fc.array(identifier, { minLength: 1, maxLength: 3 }).map((parts) => `-${parts.join('.')}`);
const build = fc.constantFrom('+1', '+build.7', '+-', '+a.b');

const maybe = (part: fc.Arbitrary<string>) => fc.oneof({ weight: 2, arbitrary: fc.constant('') }, part);

export const anyVersion = fc.tuple(core, maybe(prerelease), maybe(build)).map((parts) => parts.join(''));

const full = fc.tuple(core, maybe(prerelease)).map((parts) => parts.join(''));
const partial = fc.oneof(
  full,
  fc.tuple(number, number).map((numbers) => numbers.join('.')),
  number.map(String),
  fc.tuple(number, fc.constantFrom('x', '*')).map((parts) => parts.join('.')),
);
const comparator = fc
  .tuple(fc.constantFrom('', '=', '<', '<=', '>', '>=', '^', '~'), partial)
  .map((parts) => parts.join(''));
const alternative = fc.oneof(
  fc.array(comparator, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(' ')),
  fc.tuple(full, full).map((ends) => ends.join(' - ')),
  fc.constant('*'),
);

export const anyRange = fc
  .array(alternative, { minLength: 1, maxLength: 3 })
  .map((alternatives) => alternatives.join(' || '))
  .filter((range) => range.length <= 128);
