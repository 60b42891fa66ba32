import { beforeEach, describe, expect, test } from 'vitest';
import { admit, type TokenActor } from '../../lib/domain/access/actor.ts';
import { ROLES, roleAllows } from '../../lib/domain/access/role.ts';
import * as Project from '../../lib/domain/project/index.ts';
import * as Token from '../../lib/domain/token/index.ts';
import { CreateToken } from '../../lib/domain/token/schema.ts';
import { ADMIN, refusal, STRANGER, ULID, type World, world } from './world.ts';

let place: World;
beforeEach(async () => {
  place = await world();
});
const create = (input: Partial<CreateToken> = {}, actor: TokenActor = ADMIN, seed?: string) =>
  Token.create(place.ports, actor, CreateToken.parse({ role: 'viewer', ...input }), seed);
const who = (header: string | undefined) => Token.authenticate(place.ports, header);
const anonymous = { kind: 'anonymous', reason: expect.any(String) };

describe('a token', () => {
  test('tells its role and project to whom it is sent', async () => {
    const { id, secret } = await create({ role: 'deployer', project: 'hello' });

    expect(await who(`Bearer ${secret}`)).toEqual({
      kind: 'token',
      token_id: id,
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
    await create({}, ADMIN, ULID);

    expect(await refusal(create({}, ADMIN, ULID))).toBe('wrong_state');
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

describe('the gate', () => {
  const job = {
    kind: 'job',
    job_id: `job_${ULID}`,
    run_id: `run_${ULID}`,
    project_id: `prj_${ULID}`,
  } as const;
  const gate = (...call: Parameters<typeof admit>) => {
    try {
      admit(...call);
      return 'open';
    } catch (error) {
      return error instanceof Error && 'code' in error ? error.code : error;
    }
  };

  test('opens to a job its own routes only', () => {
    expect(gate(job, 'job', job.job_id)).toBe('open');
    expect(gate(job, 'job_or_viewer', job.job_id)).toBe('open');
    expect(gate(job, 'job', 'job_other')).toBe('not_found');
    expect(gate(job, 'job')).toBe('not_found');
    expect(ROLES.map((role) => gate(job, role, job.job_id))).toEqual(ROLES.map(() => 'role_too_low'));
  });

  test('keeps tokens from the routes of agents', () => {
    expect(gate(ADMIN, 'job', job.job_id)).toBe('role_too_low');
  });
});
