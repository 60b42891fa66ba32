import { beforeEach, describe, expect, test } from 'vitest';
import type { TokenActor } from '../../../lib/domain/access/actor.ts';
import { chainPending } from '../../../lib/domain/audit/append.ts';
import { list, readChain } from '../../../lib/domain/audit/read.ts';
import { record } from '../../../lib/domain/audit/record.ts';
import { type AuditEntry, INSTALLATION } from '../../../lib/domain/audit/schema.ts';
import { verifyChain } from '../../../lib/domain/audit/verify.ts';
import * as Project from '../../../lib/domain/project/index.ts';
import { Keys } from '../../../lib/domain/storage/keys.ts';
import { ADMIN, ULID, type World, world } from '../world.ts';
import { entryOf, linksIn } from './logs.ts';

const COUNT = 12;
let place: World;
let log: string;
beforeEach(async () => {
  place = await world();
  log = place.project.id;
  for (let n = 1; n <= COUNT; n++) await record(place.ports, log, entryOf(n, { project_id: log }));
  await record(place.ports, INSTALLATION, entryOf(50, { action: 'createUser' }));
  await chainPending(place.ports, log);
  await chainPending(place.ports, INSTALLATION);
});

const idsOf = (items: readonly AuditEntry[]) => items.map(({ id }) => id);
const listed = (filter: Partial<Parameters<typeof list>[2]>, actor: TokenActor = ADMIN) =>
  list(place.ports, actor, { limit: 100, ...filter });
const bound = (role: 'admin' | 'viewer'): TokenActor => ({ ...ADMIN, role, project_id: log });

describe('a list of entries', () => {
  test('is newest first, page by page, over all logs that the caller may read', async () => {
    const all = (await listed({})).items;
    const first = await listed({ limit: 5 });
    const rest = await listed({ limit: 100, cursor: first.next_cursor ?? '' });

    expect(all).toHaveLength(COUNT + 1);
    expect(idsOf(all)).toEqual(idsOf(all).toSorted().reverse());
    expect(idsOf([...first.items, ...rest.items])).toEqual(idsOf(all));
    expect(rest.next_cursor).toBeNull();
  });

  test('can be of an action, of an actor by id or name, of a span of time, and of the installation alone', async () => {
    const numbers = async (filter: Parameters<typeof listed>[0]) =>
      (await listed({ project: 'hello', ...filter })).items.length;

    expect(await numbers({ action: 'createRelease' })).toBe(COUNT / 2);
    expect(await numbers({ action: 'create' })).toBe(0);
    expect(await numbers({ actor: 'ci' })).toBe(COUNT);
    expect(await numbers({ actor: `tok_${ULID}` })).toBe(COUNT);
    expect(await numbers({ actor: 'cd' })).toBe(0);
    expect(await numbers({ since: '2030-01-01T00:00:00.000Z' })).toBe(0);
    expect((await listed({ isInstallation: true })).items).toMatchObject([{ action: 'createUser' }]);
  });

  test('of an admin of one project is of its log alone, and of anybody below of none', async () => {
    expect((await listed({}, bound('admin'))).items).toHaveLength(COUNT);
    expect((await listed({}, bound('viewer'))).items).toEqual([]);
    await expect(listed({ isInstallation: true }, bound('admin'))).rejects.toMatchObject({
      code: 'role_too_low',
    });
  });

  test('is there for a deleted project by its id, for admins of the installation', async () => {
    await Project.remove(place.ports, ADMIN, 'hello', { force: true });

    expect((await listed({ project: log })).items).toHaveLength(COUNT);
    await expect(listed({ project: 'hello' })).rejects.toMatchObject({ code: 'not_found' });
    await expect(listed({ project: log }, bound('admin'))).rejects.toMatchObject({ code: 'not_found' });
    await expect(listed({ project: `prj_${ULID.slice(0, -1)}9` })).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});

describe('a chain', () => {
  test('is read behind a position, with its newest link', async () => {
    const { items, head } = await readChain(place.ports, ADMIN, { project: log, after_seq: 3, limit: 4 });

    expect(items.map(({ seq }) => seq)).toEqual([4, 5, 6, 7]);
    expect(head).toMatchObject({ seq: COUNT });
    expect((await readChain(place.ports, ADMIN, { after_seq: 0, limit: 100 })).chain).toBe(INSTALLATION);
  });

  test('that somebody has forged in the table can be read, and does not verify', async () => {
    const { table } = place.ports;
    const [second, third] = [
      await table.get(Keys.auditLink(log, 2)),
      await table.get(Keys.auditLink(log, 3)),
    ];
    const put = (item: object) =>
      table.write({ put: { entity: 'audit_link', revision: 9, ...item } as never, when: { any: true } });
    await put({ ...third, entry_id: second?.entry_id });
    await put({ ...Keys.auditLink(log, 4), seq: 4, hash: 4 });

    const links = await linksIn(table, log);

    expect(links).toHaveLength(COUNT);
    expect((await verifyChain(links, { chain: log })).fault).toMatchObject({ kind: 'changed', seq: 3 });
  });
});
