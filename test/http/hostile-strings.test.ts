/** No handler is asked before everything was found to be text and keys that can be kept. */
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { GROUPS, type Group, type RouteSpec } from '../../lib/contract/route.ts';
import { ROUTES } from '../../lib/contract/routes.ts';
import { StaitheError } from '../../lib/domain/error.ts';
import { type Handlers, serve } from '../../lib/http/serve.ts';
import { ULID } from '../domain/world.ts';
import { type Hostile, inKeys, inStrings, NO_KEYS, NO_TEXT, WITH_BODY } from '../hostile.ts';
import { memoryPorts } from '../memory/index.ts';
import { EXAMPLES, type ExampleRequest } from '../system/requests.ts';
import { type Answer, type Sent, send } from './api.ts';
import { credentialOf } from './credentials.ts';

/** Stands for all handlers: whatever gets here would have been done. */
const reached = vi.fn(async () => {
  throw new StaitheError('throttled', 'A handler was reached.');
});
beforeEach(() => {
  reached.mockClear();
});

const ports = memoryPorts();
const handlers = new Map<Group, ReturnType<typeof serve>>(
  GROUPS.map((group) => {
    const all = Object.fromEntries(Object.keys(ROUTES).map((operation) => [operation, reached]));
    return [group, serve<Group>(group, ROUTES, all as unknown as Handlers<Group>, ports)];
  }),
);

async function ask(example: ExampleRequest, sent: Partial<Sent>): Promise<Answer> {
  const { spec, operation, params, query, body } = example;
  const handler = handlers.get(spec.group);
  if (handler === undefined) throw new Error(`Nobody serves ${spec.group}.`);
  const token = { kind: 'token', token_id: `tok_${ULID}`, role: 'admin' } as const;
  const job = {
    kind: 'job',
    job_id: params.job ?? '',
    run_id: `run_${ULID}`,
    project_id: `prj_${ULID}`,
  } as const;
  const actor = spec.access === 'job' ? job : token;
  const credential = await credentialOf(ports, actor);
  return send(handler, { operation, params, query, body, token: credential, ...sent });
}

const fieldsOf = ({ body }: Answer): unknown => Reflect.get(Object(body), 'fields');

test.each(EXAMPLES.filter(({ spec }) => spec.rawType === undefined))(
  'the example of $operation reaches its handler',
  async (example) => {
    expect(await ask(example, {})).toMatchObject({ status: 429, body: { code: 'throttled' } });
    expect(reached).toHaveBeenCalledOnce();
  },
);

/** @returns what was not refused with a 400 that names a field */
async function notRefused(all: readonly (Partial<Sent> & { example: ExampleRequest })[]) {
  const answers = await Promise.all(
    all.map(async ({ example, ...sent }) => ({ sent, answer: await ask(example, sent) })),
  );
  return answers.filter(({ answer }) => answer.status !== 400 || !Array.isArray(fieldsOf(answer)));
}

describe.each(WITH_BODY)('$operation', (example) => {
  const refused = async (hostile: readonly Hostile[]) => {
    expect(hostile.length).toBeGreaterThan(0);
    expect(await notRefused(hostile)).toEqual([]);
    expect(reached).not.toHaveBeenCalled();
  };
  const hasStrings = inStrings(example, ['x']).length > 0;

  if (hasStrings)
    test('refuses half a character in every string', () => refused(inStrings(example, NO_TEXT)));

  test('refuses names that no field can have, in every object', () => refused(inKeys(example, NO_KEYS)));

  test('refuses a body that is nested a thousand times, and one of a hundred thousand', async () => {
    const nested = [1000, 100_000].map((depth) => ({
      example,
      body: `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`,
    }));

    await refused(nested);
  });
});

const parameters = EXAMPLES.flatMap((example) => [
  ...Object.keys(example.params)
    // Another job than the token's is not found, whatever it is called.
    .filter((name) => !(name === 'job' && example.spec.access === 'job'))
    .map((name) => ({ example, place: 'params' as const, name })),
  ...Object.keys(example.spec.query ?? {}).map((name) => ({ example, place: 'query' as const, name })),
]);
test.each(parameters)(
  '$example.operation refuses half a character as {$name}',
  async ({ example, place, name }) => {
    const all = NO_TEXT.map((text) => ({ example, [place]: { ...example[place], [name]: text } }));

    expect(await notRefused(all)).toEqual([]);
    expect(reached).not.toHaveBeenCalled();
  },
);

test.each(EXAMPLES)('$operation refuses a query with names that no field can have', async (example) => {
  const all = NO_KEYS.map((key) => {
    const query: Record<string, string> = JSON.parse(
      JSON.stringify({ ...example.query, '\u2693': '1' }).replace('"\u2693"', JSON.stringify(key)),
    );
    return { example, query };
  });

  const loose = (example.spec satisfies RouteSpec).rawType !== undefined;
  const left = await notRefused(all);

  expect(left.filter(({ answer }) => !loose || answer.status !== 415)).toEqual([]);
  expect(reached).not.toHaveBeenCalled();
});
