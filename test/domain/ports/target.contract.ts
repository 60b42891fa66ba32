/** What the domain relies on in every deploy target. */
import { eventually } from 'embedded-cloud/test-kit/patience.ts';
import { expect, test } from 'vitest';
import { type TargetAdapter, TargetError, type TargetRelease } from '../../../lib/domain/ports/targets.ts';
import type { Target } from '../../../lib/domain/target/index.ts';

export type StoredArtifact = TargetRelease['artifact'];

export interface TargetUnderTest<T extends Target> {
  readonly adapter: TargetAdapter<T>;
  /** One that nothing was deployed to. */
  freshTarget(): T;
  /** Stores an artifact that answers with `text` where it is deployed. */
  artifact(text: string): Promise<StoredArtifact>;
  /** What a URL answers with, as far as this target answers at all. */
  ask?(url: string): Promise<string>;
}

export const PROJECT = 'prj_01JZX3V5N8Q2R4T6W8Y0A1B2C3';
const STRANGER = 'prj_01JZX3V5N8Q2R4T6W8Y0A1B2C4';

export const releaseTo = <T extends Target>(
  target: T,
  artifact: StoredArtifact,
  more: Partial<TargetRelease<T>> = {},
): TargetRelease<T> => ({
  deploymentId: 'dep_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
  projectId: PROJECT,
  environment: 'test',
  target,
  variables: { GREETING: 'hello' },
  artifact,
  ...more,
});

/** Prepares a release until it is ready, and publishes it. */
export async function made<T extends Target>(
  adapter: TargetAdapter<T>,
  release: TargetRelease<T>,
): Promise<string> {
  await adapter.prepare(release);
  await eventually(async () => expect(await adapter.isReady(release)).toBe(true));
  return adapter.publish(release);
}

export function targetContract<T extends Target>(subject: () => TargetUnderTest<T>): void {
  const served = async (url: string | undefined, text: string) =>
    (url === undefined ? undefined : await subject().ask?.(url)) ?? text;

  test('a first release has no traffic until it is sent there; then it serves', async () => {
    const { adapter, freshTarget, artifact } = subject();
    const release = releaseTo(freshTarget(), await artifact('one'));

    const version = await made(adapter, release);
    const before = await adapter.serving(release);
    const { url } = await adapter.shift(release, { version, percent: 100 });

    expect(before).toBeUndefined();
    expect(await adapter.serving(release)).toBe(version);
    expect(await served(url, 'one')).toBe('one');
  });

  test('every call may be repeated; an unchanged release is no second version', async () => {
    const { adapter, freshTarget, artifact } = subject();
    const release = releaseTo(freshTarget(), await artifact('one'));

    const first = await made(adapter, release);
    const second = await made(adapter, release);
    const once = await adapter.shift(release, { version: first, percent: 100 });
    const twice = await adapter.shift(release, { version: second, previous: first, percent: 100 });

    expect(second).toBe(first);
    expect(twice).toEqual(once);
    expect(await adapter.serving(release)).toBe(first);
  });

  test('another release is another version at the same place, and the way back leads to the first', async () => {
    const { adapter, freshTarget, artifact } = subject();
    const target = freshTarget();
    const one = releaseTo(target, await artifact('one'));
    const two = releaseTo(target, await artifact('two'));
    const first = await made(adapter, one);
    const { url } = await adapter.shift(one, { version: first, percent: 100 });

    const second = await made(adapter, two);
    const unmoved = await served(url, 'one');
    const there = await adapter.shift(two, { version: second, previous: first, percent: 100 });
    const moved = await served(url, 'two');
    await adapter.shift(two, { version: first, percent: 100 });

    expect(second).not.toBe(first);
    expect(there.url).toBe(url);
    expect([unmoved, moved, await served(url, 'one')]).toEqual(['one', 'two', 'one']);
    expect(await adapter.serving(two)).toBe(first);
  });

  test('a version is had as long as it is just the release', async () => {
    const { adapter, freshTarget, artifact } = subject();
    const target = freshTarget();
    const one = releaseTo(target, await artifact('one'));
    const version = await made(adapter, one);

    expect(await adapter.has(one, version)).toBe(true);
    expect(await adapter.has(releaseTo(target, await artifact('two')), version)).toBe(false);
  });

  test("one project's target is refused to another, and goes on serving what it served", async () => {
    const { adapter, freshTarget, artifact } = subject();
    const target = freshTarget();
    const release = releaseTo(target, await artifact('one'));
    const version = await made(adapter, release);
    await adapter.shift(release, { version, percent: 100 });

    const foreign = releaseTo(target, await artifact('two'), { projectId: STRANGER });
    const refused = made(adapter, foreign);

    await expect(refused).rejects.toThrow(TargetError);
    await expect(refused).rejects.toThrow(/belongs to another project/);
    expect(await adapter.serving(release)).toBe(version);
  });

  test('bytes that are not there are refused', async () => {
    const { adapter, freshTarget } = subject();
    const nothing = { key: 'projects/none/artifacts/none', digest: `sha256:${'0'.repeat(64)}` };

    await expect(made(adapter, releaseTo(freshTarget(), nothing))).rejects.toThrow(TargetError);
  });
}
