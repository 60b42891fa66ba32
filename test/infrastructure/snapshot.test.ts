import { expect, it } from 'vitest';
import { summaryOf } from './summary/index.ts';
import { type Infrastructure, infrastructure } from './template.ts';

// A change of infrastructure shows in review as a change of this file: `npm test -- test/infrastructure/snapshot -u`.
it('the template is the one that was reviewed', async () => {
  await expect(summaryOf(await infrastructure())).toMatchFileSnapshot('template.txt');
});

/** Left out on purpose: kinds, names that the CDK makes, the order of creation, bundles, and definitions that are files of their own. */
const LEFT_OUT =
  /\.(Type|Sid|PolicyName|DefinitionString)$|\.(DependsOn|Metadata|Code)\b|\.Targets\.\d+\.Id$/;

/** A copy in which each value is a mark of its own. */
function marked(node: unknown, path: string, marks: Map<string, string>): unknown {
  if (LEFT_OUT.test(path)) return node;
  if (Array.isArray(node)) return node.map((member, at) => marked(member, `${path}.${at}`, marks));
  if (typeof node === 'object' && node !== null)
    return Object.fromEntries(
      Object.entries(node).map(([name, member]) => [name, marked(member, `${path}.${name}`, marks)]),
    );
  const mark = `<${marks.size}>`;
  marks.set(mark, path);
  return mark;
}

it('whatever the template says is told, so that nothing changes unseen', async () => {
  const stack = await infrastructure();
  const marks = new Map<string, string>();
  const json = marked(stack.json, '', marks) as Infrastructure['json'];

  const summary = summaryOf({ ...stack, json });

  expect(marks.size).toBeGreaterThan(1000);
  const told = new Set(summary.match(/<\d+>/g));
  expect([...marks].filter(([mark]) => !told.has(mark)).map(([, path]) => path)).toEqual([]);
});
