/** Odd strings on the whole way, to the table and back. What is refused before anybody is asked: test/http. */
import { until } from 'embedded-cloud/test-kit/patience.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { inKeys, inStrings, NO_KEYS, NO_TEXT, ODD_IN_URLS, ODD_TEXT, taken, WITH_BODY } from '../hostile.ts';
import { commandTree, newSlug, pack, upload } from './flow.ts';
import { EXAMPLES, type ExampleRequest, pathOf } from './requests.ts';
import { type HttpAnswer, type Staithe, startStaithe } from './server.ts';
import { tableUnchanged } from './table.ts';

let staithe: Staithe;
/** What there is, so that requests get as far as they can. */
let there: Readonly<Record<string, string>>;
beforeAll(async () => {
  staithe = await startStaithe();
  const project = newSlug('hostile');
  await staithe.client.call('createProject', { body: { slug: project } });
  const source = await upload(staithe.client, project, pack(commandTree(['true'])));
  // Its survey changes the source's item, and what is refused must change none.
  await until(
    () => staithe.client.call('getSource', { params: { source: source.id } }),
    ({ tree_digest }) => tree_digest !== undefined,
  );
  const body = { source_id: source.id, start: false };
  const { id: build } = await staithe.client.call('createBuild', { params: { project }, body });
  there = { project, source: source.id, source_id: source.id, build, build_id: build };
});
afterAll(() => staithe[Symbol.asyncDispose]());

/** With what is there in place of the example's ids. */
function known(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(known);
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, there[name] ?? known(member)]),
  );
}
const valuesOf = (values: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, there[name] ?? value]));
const pathTo = (example: ExampleRequest) =>
  pathOf(example, valuesOf(example.params), valuesOf(example.query));

interface Sent {
  readonly example: ExampleRequest;
  readonly body?: unknown;
  readonly path?: string;
}

/** @returns the answers of which `fails` is true, with what was asked */
async function failing(all: readonly Sent[], fails: (answer: HttpAnswer) => boolean): Promise<unknown[]> {
  expect(all.length).toBeGreaterThan(0);
  const failed: unknown[] = [];
  for (const { example, body, path = pathTo(example) } of all) {
    const answer = await staithe.http(example.spec.method, path, { body });
    if (fails(answer)) failed.push([example.operation, path, body, answer.status, answer.body]);
  }
  return failed;
}
const isOurs = ({ status }: HttpAnswer) => status >= 500;
/** Agents' routes refuse an admin before they look at what was sent. */
const forPeople = WITH_BODY.filter(({ spec }) => spec.access !== 'job');

it('what can be no text and no key is refused, and nothing is started or written', async () => {
  const all = forPeople.flatMap((example) => [
    ...inStrings(example, NO_TEXT.slice(0, 1), known(example.body)).slice(0, 2),
    ...inKeys(example, NO_KEYS.slice(0, 2), known(example.body)).slice(0, 2),
  ]);

  const left = await tableUnchanged(staithe, () => failing(all, ({ status }) => status !== 400));

  expect(left).toEqual([]);
});

it('odd text that a route takes is kept and read again', async () => {
  const all = forPeople.flatMap((example) =>
    inStrings(example, ODD_TEXT, known(example.body)).filter(({ body }) => taken(example.spec, body)),
  );

  const left = await failing(all, isOurs);

  expect(left).toEqual([]);
  for (const operation of ['listProjects', 'listBuilds', 'listTokens', 'listEnvironments'] as const) {
    const example = EXAMPLES.find((one) => one.operation === operation);
    if (example === undefined) throw new Error(`There is no ${operation}.`);
    expect(await staithe.http('GET', pathTo(example))).toMatchObject({ status: 200 });
  }
});

it('odd text in a path or a query is no failure of ours', async () => {
  const reads = EXAMPLES.filter(({ spec }) => spec.method === 'GET' && spec.access !== 'job');
  // Every route and every odd text once, not all of one with all of the other.
  const oddAt = (index: number) => ODD_IN_URLS[index % ODD_IN_URLS.length] ?? '';
  const inPaths = reads
    .filter(({ params }) => Object.keys(params).length > 0)
    .map((example, index) => {
      const [name = ''] = Object.keys(example.params).slice(-1);
      const path = pathOf(example, { ...valuesOf(example.params), [name]: 'ODD' }, valuesOf(example.query));
      return { example, path: path.replace('ODD', oddAt(index)) };
    });
  const inQueries = reads.flatMap((example, index) => {
    const path = pathOf(example, valuesOf(example.params));
    const cursor = example.spec.query?.cursor === undefined ? [] : [`${path}?cursor=${oddAt(index)}`];
    return [...cursor, `${path}?${oddAt(index + 3)}=1`].map((asked) => ({ example, path: asked }));
  });

  const left = await failing([...inPaths, ...inQueries], isOurs);

  expect(left).toEqual([]);
});
