import { beforeEach, describe, expect, test } from 'vitest';
import { principalOf, type TokenActor } from '../../lib/domain/access/actor.ts';
import { ROLES, roleAllows } from '../../lib/domain/access/role.ts';
import * as Project from '../../lib/domain/project/index.ts';
import { authenticate } from '../../lib/domain/token/authenticate.ts';
import { CreateHeldToken, replace } from '../../lib/domain/token/held.ts';
import * as Token from '../../lib/domain/token/index.ts';
import { CreateToken } from '../../lib/domain/token/schema.ts';
import { ADMIN, knownAdmin, refusal, STRANGER, ULID, type World, world } from './world.ts';

let place: World;

beforeEach(async () => {
  place = await world();
  await knownAdmin(place.ports);
});

const create = (input: Partial<CreateToken> = {}, actor: TokenActor = ADMIN, seed?: string) =>
  Token.create(place.ports, actor, CreateToken.parse({ role: 'viewer', ...input }), seed);

const who = (header: string | undefined) => authenticate(place.ports, header);

const anonymous = { kind: 'anonymous', reason: expect.any(String) };

describe('a token', () => {
  test('tells its role and project to whom it is sent', async () => {
    const { id, secret } = await create({ role: 'deployer', project: 'hello' });

    expect(await who(`Bearer ${secret}`)).toEqual({
      kind: 'token',
      token_id: id,
      token_name: 'unnamed',
      role: 'deployer',
      project_id: place.project.id,
    });
  });

  test('is kept as a hash: the secret is nowhere in the table', async () => {
    const { secret } = await create();
    const [, , tail] = secret.split('_');

    const kept = JSON.stringify(place.ports.table.all());

    expect(kept).not.toContain(secret);
    expect(tail).toBeTruthy();
    expect(kept).not.toContain(tail);
  });

  test('is nobody once it has expired, though the table still has it', async () => {
    const { secret } = await create({ expires_in_days: 1 });
    place.ports.clock.advance(86_400_000 - 1);
    const before = await who(`Bearer ${secret}`);
    place.ports.clock.advance(1);

    expect(before.kind).toBe('token');
    expect(await who(`Bearer ${secret}`)).toEqual(anonymous);
  });

  test('is nobody once it was revoked', async () => {
    const { id, secret } = await create();

    await Token.revoke(place.ports, ADMIN, id);

    expect(await who(`Bearer ${secret}`)).toEqual(anonymous);
    expect(await refusal(Token.revoke(place.ports, ADMIN, id))).toBe('not_found');
  });

  test('created by the repeat of a request is not another one, and tells no secret', async () => {
    const seed = ULID.replace(/^01/, '02');
    await create({}, ADMIN, seed);

    expect(await refusal(create({}, ADMIN, seed))).toBe('wrong_state');
    expect((await Token.list(place.ports, ADMIN, { limit: 10 })).items).toHaveLength(1);
  });

  test('is never stronger than its creator', async () => {
    for (const held of ROLES)
      for (const given of ROLES) {
        const call = create({ role: given }, { ...ADMIN, role: held });
        if (roleAllows(held, given)) expect((await call).role).toBe(given);
        else expect(await refusal(call)).toBe('role_too_low');
      }
  });

  test('created by a bound one is bound to the same project, and to no other', async () => {
    await Project.create(place.ports, ADMIN, { slug: 'other' });
    const bound = { ...ADMIN, project_id: place.project.id };

    const silent = await create({}, bound);

    expect(silent.project_id).toBe(place.project.id);
    expect(await refusal(create({ project: 'other' }, bound))).toBe('not_found');
  });

  test('of another project is not seen and not revoked', async () => {
    const { id } = await create();

    expect((await Token.list(place.ports, STRANGER, { limit: 10 })).items).toEqual([]);
    expect(await refusal(Token.revoke(place.ports, STRANGER, id))).toBe('not_found');
  });
});

describe('the tokens of a project', () => {
  test('are full pages of its own, among any number of others', async () => {
    const own: string[] = [];
    const bound = { ...ADMIN, project_id: place.project.id };
    await Project.create(place.ports, ADMIN, { slug: 'other' });
    for (let n = 0; n < 5; n++) {
      own.unshift((await create({ project: 'hello' })).id);
      for (const project of [undefined, 'other', 'other'])
        await create({ ...(project !== undefined && { project }) });
    }

    const seen: string[][] = [];
    let cursor: string | undefined;
    do {
      const page = await Token.list(place.ports, bound, { limit: 2, cursor });
      seen.push(page.items.map(({ id }) => id));
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);

    expect(seen).toEqual([own.slice(0, 2), own.slice(2, 4), own.slice(4)]);
  });

  test('fill the largest page, and go on after it', async () => {
    for (let n = 0; n < 102; n++) await create({ project: 'hello' });
    const bound = { ...ADMIN, project_id: place.project.id };

    const first = await Token.list(place.ports, bound, { limit: 100 });
    const second = await Token.list(place.ports, bound, { limit: 100, cursor: first.next_cursor ?? '' });

    expect([first.items.length, second.items.length, second.next_cursor]).toEqual([100, 2, null]);
  });

  test('have cursors that are good for no other list of tokens', async () => {
    for (let n = 0; n < 3; n++) await create({ project: 'hello' });
    const bound = { ...ADMIN, project_id: place.project.id };
    const [ofAll, ofOwn] = [
      await Token.list(place.ports, ADMIN, { limit: 1 }),
      await Token.list(place.ports, bound, { limit: 1 }),
    ];
    const asked = (page: typeof ofAll) => ({ limit: 1, cursor: page.next_cursor ?? '' });

    expect(await refusal(Token.list(place.ports, bound, asked(ofAll)))).toBe('invalid_cursor');
    expect(await refusal(Token.list(place.ports, ADMIN, asked(ofOwn)))).toBe('invalid_cursor');
    expect(await refusal(Token.list(place.ports, STRANGER, asked(ofOwn)))).toBe('invalid_cursor');
  });
});

test('a token that is revoked while it makes another makes none', async () => {
  const maker = await create({ role: 'admin' });
  const actor = await who(`Bearer ${maker.secret}`);
  await Token.revoke(place.ports, ADMIN, maker.id);

  const made = await refusal(Token.create(place.ports, actor, CreateToken.parse({ role: 'admin' })));

  expect(made).toBe('unauthenticated');
  expect((await Token.list(place.ports, ADMIN, { limit: 10 })).items).toEqual([]);
});

describe('a token of a holder', () => {
  const OPERATOR = { kind: 'system', name: 'operator' } as const;
  const next = (holder = 'local', more = {}) =>
    replace(place.ports, OPERATOR, CreateHeldToken.parse({ role: 'admin', holder, ...more }));

  test('takes the place of the one before, whose secret opens nothing any more', async () => {
    const [first, second] = [await next(), await next()];

    expect(await who(`Bearer ${first.secret}`)).toEqual(anonymous);
    expect(await who(`Bearer ${second.secret}`)).toMatchObject({ kind: 'token', token_id: second.id });
    expect((await Token.list(place.ports, ADMIN, { limit: 10 })).items.map(({ id }) => id)).toEqual([
      second.id,
    ]);
  });

  test('is one, however many are made at once', async () => {
    const made = await Promise.allSettled([next(), next(), next()]);

    const { items } = await Token.list(place.ports, ADMIN, { limit: 10 });
    expect(items).toHaveLength(1);
    expect(made.some((one) => one.status === 'fulfilled' && one.value.id === items[0]?.id)).toBe(true);
  });

  test('acts as the holder: what was asked with one is known to the next, and to nobody else', async () => {
    const actorOf = async ({ secret }: { secret: string }) => principalOf(await who(`Bearer ${secret}`));
    const first = await actorOf(await next());
    const second = await actorOf(await next());
    const bound = await actorOf(await next('local', { project: 'hello' }));
    const others = await Promise.all(
      [await next('other'), await create({ name: 'local', role: 'admin' }), await create()].map(actorOf),
    );

    expect(second).toBe(first);
    expect(new Set([first, bound, ...others]).size).toBe(5);
  });
});

describe('nobody is who sends', () => {
  test.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Basic dXNlcjpwYXNz',
    'Bearer a.b.c',
    'Bearer not-a-token',
    `Bearer stt_${ULID}_${'A'.repeat(43)}`,
    `Bearer stt_${ULID}_${'A'.repeat(42)}`,
    'Bearer stt_a b',
    `Bearer ${'x'.repeat(10_000)}`,
  ])('%j', async (header) => {
    expect(await who(header)).toEqual(anonymous);
  });

  test('the id of a token with the secret of another', async () => {
    const [one, two] = [await create(), await create()];
    const mixed = `${one.secret.slice(0, 31)}${two.secret.slice(31)}`;

    expect(await who(`Bearer ${mixed}`)).toEqual(anonymous);
  });
});

test('a job is who sends its token', async () => {
  const job = {
    kind: 'job',
    job_id: `job_${ULID}`,
    run_id: `run_${ULID}`,
    project_id: place.project.id,
  } as const;
  const token = await place.ports.jobTokens.sign(job, new Date(place.ports.clock.now().getTime() + 1000));

  expect(await who(`Bearer ${token}`)).toEqual(job);
});
