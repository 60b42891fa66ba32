/** What the domain relies on in the store of projects' secrets. */
import { expect, test } from 'vitest';
import { type ProjectSecrets, SecretChangeReused } from '../../../lib/domain/ports/project-secrets.ts';

const PROJECT = 'prj_01JZX3V5N8Q2R4T6W8Y0A1B2C3';
const OTHER = 'prj_01JZX3V5N8Q2R4T6W8Y0A1B2C4';

let count = 0;
const freshName = (): string => `NPM_TOKEN_${++count}`;
/** A ULID that no other change has. */
const freshChange = (): string => `01JZX3V5N8Q2R4T6W8Y0${String(++count).padStart(6, '0')}`;

export function projectSecretsContract(subject: () => ProjectSecrets): void {
  const put = (name: string, value: string, change = freshChange(), projectId = PROJECT) =>
    subject().put({ projectId, name, value, change });
  const read = async (name: string, projectId = PROJECT) =>
    (await subject().readMany(projectId, [name])).get(name);

  test('what was put is read by its project and by no other', async () => {
    const name = freshName();

    const isPresent = await put(name, 'hunter2');

    expect(isPresent).toBe(true);
    expect([await read(name), await read(name, OTHER)]).toEqual(['hunter2', undefined]);
  });

  test('two projects have each its own under the same name', async () => {
    const name = freshName();

    await put(name, 'mine');
    await put(name, 'theirs', freshChange(), OTHER);

    expect([await read(name), await read(name, OTHER)]).toEqual(['mine', 'theirs']);
  });

  test('many are read at once, and those that are not there are left out', async () => {
    const [one, two, absent] = [freshName(), freshName(), freshName()];
    await put(one, '1');
    await put(two, '2');

    const values = await subject().readMany(PROJECT, [two, absent, one]);

    expect(Object.fromEntries(values)).toEqual({ [one]: '1', [two]: '2' });
  });

  test('the names of a project are those that it has now', async () => {
    const project = 'prj_01JZX3V5N8Q2R4T6W8Y0A1B2C5';
    const [kept, removed] = [freshName(), freshName()];
    await put(kept, '1', freshChange(), project);
    await put(removed, '2', freshChange(), project);
    await put(freshName(), '3', freshChange(), OTHER);

    await subject().remove(project, removed);

    expect(await subject().names(project)).toEqual([kept]);
  });

  test('the last value counts', async () => {
    const name = freshName();
    await put(name, 'first');

    await put(name, 'second');
    await put(name, 'third');

    expect(await read(name)).toBe('third');
  });

  test('a repeated change changes nothing, not even when others have followed', async () => {
    const [name, first] = [freshName(), freshChange()];
    await put(name, 'first', first);
    const again = await put(name, 'first', first);
    await put(name, 'second');

    const late = await put(name, 'first', first);

    expect([again, late]).toEqual([true, false]);
    expect(await read(name)).toBe('second');
  });

  test('a change that comes again with another value is refused', async () => {
    const [name, change] = [freshName(), freshChange()];
    await put(name, 'first', change);

    const refused = put(name, 'other', change);

    await expect(refused).rejects.toThrow(SecretChangeReused);
    await expect(refused.catch((error: Error) => error.message)).resolves.not.toContain('other');
    expect(await read(name)).toBe('first');
  });

  test('what was removed cannot be read; to remove it again, or what never was, is no error', async () => {
    const name = freshName();
    await put(name, 'gone');

    await subject().remove(PROJECT, name);
    await subject().remove(PROJECT, name);
    await subject().remove(PROJECT, freshName());

    expect(await read(name)).toBeUndefined();
  });

  test('a name that was removed can be used again at once', async () => {
    const name = freshName();
    await put(name, 'old');
    await subject().remove(PROJECT, name);

    const isPresent = await put(name, 'new');

    expect(isPresent).toBe(true);
    expect(await read(name)).toBe('new');
  });

  test('of many first values at once all arrive, and one is left', async () => {
    const name = freshName();
    const values = ['a', 'b', 'c', 'd'];

    await Promise.all(values.map((value) => put(name, value)));

    expect(values).toContain(await read(name));
  });

  test('a value of 64 KiB is kept to the byte, whatever its characters', async () => {
    const name = freshName();
    const value = `{"a":"\\n"}\n\u0001\u{1F6A2}'"$`.padEnd(65_000, 'é').slice(0, 32_000);

    await put(name, value);

    expect(await read(name)).toBe(value);
  });
}
