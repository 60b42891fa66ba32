import { beforeEach, describe, expect, test } from 'vitest';
import { nameOf, type TokenActor } from '../../lib/domain/access/actor.ts';
import { ROLES } from '../../lib/domain/access/role.ts';
import * as Environment from '../../lib/domain/environment/index.ts';
import { PutEnvironment } from '../../lib/domain/environment/schema.ts';
import * as Project from '../../lib/domain/project/index.ts';
import { authenticate } from '../../lib/domain/token/authenticate.ts';
import * as Token from '../../lib/domain/token/index.ts';
import { CreateToken } from '../../lib/domain/token/schema.ts';
import { grant, revokeGrant } from '../../lib/domain/user/grants.ts';
import * as User from '../../lib/domain/user/index.ts';
import { CreateGrant, CreateUser } from '../../lib/domain/user/schema.ts';
import { TARGET } from './deploying.ts';
import { ADMIN, knownAdmin, refusal, ULID, type World, world } from './world.ts';

let place: World;
beforeEach(async () => {
  place = await world();
  await knownAdmin(place.ports);
  await User.create(place.ports, ADMIN, { name: 'alice' });
});

const tokenOf = (user: string, input: Partial<CreateToken> = {}, actor: TokenActor = ADMIN) =>
  Token.create(place.ports, actor, CreateToken.parse({ user, ...input }));

const who = (secret: string) => authenticate(place.ports, `Bearer ${secret}`);

async function actorOf(secret: string): Promise<TokenActor> {
  const actor = await who(secret);
  if (actor.kind !== 'token') throw new Error('The token is not valid.');
  return actor;
}

describe('a user', () => {
  test('is found by handle and by id, and has a handle that nobody else has', async () => {
    const alice = await User.get(place.ports, 'alice');

    expect(await User.get(place.ports, alice.id)).toEqual(alice);
    expect(await refusal(User.create(place.ports, ADMIN, { name: 'alice' }))).toBe('user_name_taken');
    expect(await refusal(User.get(place.ports, 'bob'))).toBe('not_found');
    expect((await User.list(place.ports, { limit: 10 })).items).toEqual([alice]);
  });

  test('is created once, however often the request is repeated', async () => {
    const first = await User.create(place.ports, ADMIN, { name: 'bob' }, ULID);
    const second = await User.create(place.ports, ADMIN, { name: 'bob' }, ULID);

    expect(second).toEqual(first);
  });

  test('is who their token acts as, and who did what it does', async () => {
    const { id } = await User.get(place.ports, 'alice');
    const { secret } = await tokenOf('alice');

    const actor = await actorOf(secret);

    expect(actor.user).toMatchObject({ id, name: 'alice' });
    expect(nameOf(actor)).toBe('user:alice');
    expect(Token.whoAmI(actor)).toMatchObject({ kind: 'user', user: { name: 'alice' } });
  });

  test('who is disabled is nobody with the next request, and somebody again once enabled', async () => {
    const { secret } = await tokenOf('alice');
    const disabled = await User.update(place.ports, ADMIN, 'alice', { status: 'disabled' });
    const refused = await who(secret);
    const created = await refusal(tokenOf('alice'));

    const enabled = await User.update(place.ports, ADMIN, 'alice', { status: 'active' });

    expect(disabled).toMatchObject({ disabled_by: ADMIN.token_id, disabled_at: expect.any(String) });
    expect(refused).toEqual({
      kind: 'anonymous',
      reason: "The token is not valid: user 'alice' is disabled.",
    });
    expect(created).toBe('wrong_state');
    expect(enabled.disabled_at).toBeUndefined();
    expect((await who(secret)).kind).toBe('token');
  });

  test.each(['Alice', 'a b', '-a', 'a_b', ''])('has no handle such as %j', (name) => {
    expect(CreateUser.safeParse({ name }).success).toBe(false);
  });
});

describe('the handle of a user', () => {
  test.each(ROLES)('is not %s, which names a role in lists of approvers', (name) => {
    const { error } = CreateUser.safeParse({ name });

    expect(error?.issues[0]).toMatchObject({
      path: ['name'],
      message: expect.stringContaining('must not be the name of a role'),
    });
  });
});

describe('a grant', () => {
  const give = (input: Partial<CreateGrant> = {}) =>
    grant(place.ports, ADMIN, 'alice', CreateGrant.parse({ project: 'hello', role: 'developer', ...input }));

  test('takes the place of another in the same project or environment, and of no other', async () => {
    await Environment.put(place.ports, place.project, 'test', PutEnvironment.parse({ target: TARGET }));
    await give();
    await give({ environment: 'test', role: 'deployer' });

    const { grants } = await give({ role: 'viewer' });

    expect(grants.map(({ environment, role }) => [environment, role])).toEqual([
      ['test', 'deployer'],
      [undefined, 'viewer'],
    ]);
  });

  test('names a project and an environment that exist', async () => {
    expect(await refusal(give({ project: 'nothing' }))).toBe('not_found');
    expect(await refusal(give({ environment: 'nowhere', role: 'deployer' }))).toBe('not_found');
  });

  test('in an environment is one that does something there', () => {
    const parsed = CreateGrant.safeParse({ project: 'hello', environment: 'test', role: 'developer' });

    expect(parsed.error?.issues[0]?.message).toContain('must be deployer or admin in an environment');
  });

  test('is revoked once, by what it was granted in', async () => {
    await give();

    const { grants } = await revokeGrant(place.ports, ADMIN, 'alice', { project: 'hello' });

    expect(grants).toEqual([]);
    expect(await refusal(revokeGrant(place.ports, ADMIN, 'alice', { project: 'hello' }))).toBe('not_found');
  });

  test('is void in another project of the same name, and gone with the next change', async () => {
    await give({ role: 'admin' });
    const { secret } = await tokenOf('alice');
    await Project.remove(place.ports, ADMIN, 'hello');
    await Project.create(place.ports, ADMIN, { slug: 'hello' });

    const seen = await refusal(Project.resolve(place.ports, await who(secret), 'hello'));
    const listed = await Project.list(place.ports, await who(secret), { limit: 10 });
    const { grants } = await give({ role: 'viewer' });

    expect([seen, listed.items]).toEqual(['not_found', []]);
    expect(grants.map(({ role }) => role)).toEqual(['viewer']);
  });

  test('is one of a hundred at most', async () => {
    for (let n = 0; n < 100; n++) {
      await Project.create(place.ports, ADMIN, { slug: `p${n}` });
      await give({ project: `p${n}` });
    }

    expect(await refusal(give())).toBe('too_many_grants');
    expect((await give({ project: 'p1', role: 'viewer' })).grants).toHaveLength(100);
    const { secret } = await tokenOf('alice');
    const first = await Project.list(place.ports, await who(secret), { limit: 60 });
    const rest = await Project.list(place.ports, await who(secret), {
      limit: 60,
      cursor: first.next_cursor ?? '',
    });
    expect([first.items.length, rest.items.length, rest.next_cursor]).toEqual([60, 40, null]);
  });
});

describe('a token of a user', () => {
  test('is created by an admin of the installation, or by the user for themselves', async () => {
    await User.create(place.ports, ADMIN, { name: 'bob' });
    await grant(place.ports, ADMIN, 'alice', { project: 'hello', role: 'admin' });
    const alice = await actorOf((await tokenOf('alice')).secret);

    const own = await tokenOf('alice', { project: 'hello' }, alice);

    expect(own).toMatchObject({
      user: { name: 'alice' },
      project_id: place.project.id,
      created_by: 'user:alice',
    });
    expect(await refusal(tokenOf('alice', {}, alice))).toBe('role_too_low');
    expect(await refusal(tokenOf('bob', { project: 'hello' }, alice))).toBe('role_too_low');
    expect(await refusal(tokenOf('nobody', { project: 'hello' }, alice))).toBe('role_too_low');
  });

  test('is not created by what its creator was a moment ago', async () => {
    await User.update(place.ports, ADMIN, 'alice', { role: 'admin' });
    const alice = await actorOf((await tokenOf('alice')).secret);
    await User.update(place.ports, ADMIN, 'alice', { role: 'viewer' });

    const created = await refusal(
      Token.create(place.ports, alice, CreateToken.parse({ role: 'admin', name: 'backdoor' })),
    );

    expect(created).toBe('unauthenticated');
  });
});

describe('the admin of one project', () => {
  const admin = async () => {
    await Project.create(place.ports, ADMIN, { slug: 'other' });
    await grant(place.ports, ADMIN, 'alice', { project: 'hello', role: 'admin' });
    return actorOf((await tokenOf('alice')).secret);
  };
  const create = async (actor: TokenActor, input: Partial<CreateToken>) =>
    Token.create(place.ports, actor, CreateToken.parse(input));

  test('creates tokens in it, and none beyond it', async () => {
    const alice = await admin();
    const inOther = { grants: [{ project: 'other', role: 'viewer' as const }] };

    expect(await create(alice, { role: 'admin', project: 'hello' })).toMatchObject({ role: 'admin' });
    expect(await refusal(create(alice, { role: 'viewer' }))).toBe('role_too_low');
    expect(await refusal(create(alice, { role: 'viewer', project: 'other' }))).toBe('not_found');
    expect(await refusal(create(alice, inOther))).toBe('not_found');
  });

  test('sees and revokes the tokens that are limited to it, and no others', async () => {
    const alice = await admin();
    const own = await create(ADMIN, { grants: [{ project: 'hello', role: 'developer' }] });
    const wide = await create(ADMIN, { role: 'viewer' });
    const both = await create(ADMIN, {
      grants: [
        { project: 'hello', role: 'viewer' },
        { project: 'other', role: 'viewer' },
      ],
    });

    const { items } = await Token.list(place.ports, alice, { limit: 10 });

    expect(items.map(({ id }) => id)).toEqual([own.id]);
    for (const { id } of [wide, both])
      expect(await refusal(Token.revoke(place.ports, alice, id))).toBe('not_found');
    await Token.revoke(place.ports, alice, own.id);
  });
});
