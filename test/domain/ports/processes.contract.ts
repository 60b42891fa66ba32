/** What is beyond the contract of all targets in `process`: weights, workers, variables. */
import { expect, test } from 'vitest';
import { TargetError } from '../../../lib/domain/ports/targets.ts';
import { ProcessTarget } from '../../../lib/domain/target/process.ts';
import { made, releaseTo, type TargetUnderTest, targetContract } from './target.contract.ts';

export type ProcessesUnderTest = Omit<TargetUnderTest<ProcessTarget>, 'freshTarget'>;

let names = 0;
const freshTarget = (more: Partial<ProcessTarget> = {}): ProcessTarget =>
  ProcessTarget.parse({ kind: 'process', name: `hello-${++names}`, command: 'node server.js', ...more });

const QUESTION = { path: '/', follow: false, isPatient: true, isHealthy: () => true };

export function processesContract(subject: () => ProcessesUnderTest): void {
  targetContract(() => ({ ...subject(), freshTarget }));

  test('a version is asked before it has traffic', async () => {
    const { adapter, artifact } = subject();
    const release = releaseTo(freshTarget(), await artifact('one'));
    const version = await made(adapter, release);

    expect(await adapter.ask?.(release, version, QUESTION)).toMatchObject({ status: 200 });
    expect(await adapter.serving(release)).toBeUndefined();
  });

  test('the version with the most of the traffic is the one that serves', async () => {
    const { adapter, artifact } = subject();
    const target = freshTarget();
    const one = releaseTo(target, await artifact('one'));
    const two = releaseTo(target, await artifact('two'));
    const first = await made(adapter, one);
    await adapter.shift(one, { version: first, percent: 100 });
    const second = await made(adapter, two);

    await adapter.shift(two, { version: second, previous: first, percent: 10 });
    const small = await adapter.serving(two);
    await adapter.shift(two, { version: second, previous: first, percent: 60 });

    expect([small, await adapter.serving(two)]).toEqual([first, second]);
  });

  test('other variables, another command and another number of replicas are other versions', async () => {
    const { adapter, artifact } = subject();
    const target = freshTarget();
    const release = releaseTo(target, await artifact('one'));
    const version = await made(adapter, release);

    for (const other of [
      { ...release, variables: { GREETING: 'goodbye' } },
      { ...release, target: { ...target, command: 'exec node server.js' } },
      { ...release, target: { ...target, replicas: 2 } },
    ])
      expect(await adapter.has(other, version)).toBe(false);
    expect(await adapter.has(release, version)).toBe(true);
  });

  test('a release that others have replaced since is not published', async () => {
    const { adapter, artifact } = subject();
    const target = freshTarget();
    const release = releaseTo(target, await artifact('one'));
    await made(adapter, release);
    await made(adapter, releaseTo(target, await artifact('two')));

    await expect(adapter.publish(release)).rejects.toThrow(TargetError);
  });

  test.each(['published', 'prepared'])(
    'what was %s and is dropped is made anew, and what serves stays',
    async (state) => {
      const { adapter, artifact } = subject();
      const target = freshTarget();
      const one = releaseTo(target, await artifact('one'));
      const two = releaseTo(target, await artifact('two'));
      const first = await made(adapter, one);
      await adapter.shift(one, { version: first, percent: 100 });
      const second = await made(adapter, two);

      for (let times = 0; times < 2; times++)
        await adapter.drop?.(two, state === 'published' ? second : undefined);
      await adapter.drop?.(one, first);

      expect(await adapter.serving(one)).toBe(first);
      expect(await made(adapter, two)).not.toBe(second);
    },
  );

  test('a worker has no URL, and is not asked', async () => {
    const { adapter, artifact } = subject();
    const target = freshTarget({ process_type: 'worker' });
    const release = releaseTo(target, await artifact('one'));
    const version = await made(adapter, release);

    expect(await adapter.ask?.(release, version, QUESTION)).toBeUndefined();
    expect((await adapter.shift(release, { version, percent: 100 })).url).toBeUndefined();
  });
}
