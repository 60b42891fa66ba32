/** No folder and no file imports in a circle. */
import { expect, test } from 'vitest';
import { cyclesOf } from './cycles.ts';
import { importGraph } from './imports-of.ts';

const graph = (imports: Readonly<Record<string, readonly string[]>>) => new Map(Object.entries(imports));

test('files that import downwards have no cycle, whatever the number of their folders', () => {
  const imports = graph({
    'a/main.ts': ['a/x/one.ts', 'a/y/two.ts'],
    'a/x/one.ts': ['a/y/two.ts'],
    'a/y/two.ts': [],
  });

  expect(cyclesOf(imports)).toEqual([]);
});

test('two files of one folder that import each other are a cycle of it', () => {
  const imports = graph({ 'a/one.ts': ['a/two.ts'], 'a/two.ts': ['a/one.ts'] });

  expect(cyclesOf(imports)).toMatchObject([{ parent: 'a', children: ['a/one.ts', 'a/two.ts'] }]);
});

test('folders are a cycle although no file of them is in one, and it is told by its imports', () => {
  const imports = graph({
    'a/x/one.ts': ['a/y/two.ts'],
    'a/y/two.ts': [],
    'a/y/z/three.ts': ['a/x/four.ts'],
    'a/x/four.ts': [],
  });

  expect(cyclesOf(imports)).toEqual([
    {
      parent: 'a',
      children: ['a/x', 'a/y'],
      imports: ['a/x/one.ts imports a/y/two.ts', 'a/y/z/three.ts imports a/x/four.ts'],
    },
  ]);
});

test('a folder and a file beside it are a cycle when each imports the other', () => {
  const imports = graph({ 'a/main.ts': ['a/x/one.ts'], 'a/x/two.ts': ['a/main.ts'], 'a/x/one.ts': [] });

  expect(cyclesOf(imports)).toMatchObject([{ parent: 'a', children: ['a/main.ts', 'a/x'] }]);
});

test('a cycle of three is found, and cycles that do not touch are told apart', () => {
  const imports = graph({
    'a/one.ts': ['a/two.ts'],
    'a/two.ts': ['a/three.ts'],
    'a/three.ts': ['a/one.ts'],
    'b/one.ts': ['b/two.ts'],
    'b/two.ts': ['b/one.ts'],
  });

  expect(cyclesOf(imports).map(({ children }) => children)).toEqual([
    ['a/one.ts', 'a/two.ts', 'a/three.ts'],
    ['b/one.ts', 'b/two.ts'],
  ]);
});

test.each(['{bin,functions,lib,stepfunctions}/**/*.ts'])('there is no import cycle in %s', (files) => {
  const imports = importGraph(files);

  expect(imports.size).toBeGreaterThan(0);
  expect(cyclesOf(imports)).toEqual([]);
});
