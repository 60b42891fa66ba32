/** What is beyond the contract of all targets in `lambda`: digests and variables, weights, versions without traffic. */
import { expect, test } from 'vitest';
import type { Answer, Question } from '../../../lib/domain/ports/probe.ts';
import { TargetError } from '../../../lib/domain/ports/targets.ts';
import { LambdaTarget } from '../../../lib/domain/target/lambda.ts';
import { made, releaseTo, type TargetUnderTest, targetContract } from './target.contract.ts';

export type FunctionsUnderTest = Omit<TargetUnderTest<LambdaTarget>, 'freshTarget'>;

let names = 0;
const freshTarget = (): LambdaTarget =>
  LambdaTarget.parse({
    kind: 'lambda',
    function_name: `hello-${++names}`,
    runtime: 'nodejs22.x',
    architecture: 'x86_64',
  });

const QUESTION: Question = {
  path: '/',
  follow: false,
  isPatient: true,
  isHealthy: ({ status }) => status === 200,
};
const statusIn = (answer: Answer | undefined) => (answer && 'status' in answer ? answer.status : answer);

export function functionsContract(subject: () => FunctionsUnderTest): void {
  targetContract(() => ({ ...subject(), freshTarget }));

  test('a function whose variables were changed since is not published', async () => {
    const { adapter, artifact } = subject();
    const release = releaseTo(freshTarget(), await artifact('one'));
    await made(adapter, release);

    const published = adapter.publish({ ...release, variables: { GREETING: 'goodbye' } });

    await expect(published).rejects.toThrow(TargetError);
    await expect(published).rejects.toThrow(/changed by another client/);
  });

  test('code of another digest is not published', async () => {
    const { adapter, artifact } = subject();
    const target = freshTarget();
    await made(adapter, releaseTo(target, await artifact('one')));

    await expect(adapter.publish(releaseTo(target, await artifact('two')))).rejects.toThrow(TargetError);
  });

  test('a version without traffic can be asked', async () => {
    const { adapter, artifact } = subject();
    const release = releaseTo(freshTarget(), await artifact('one'));
    const version = await made(adapter, release);

    expect(statusIn(await adapter.ask?.(release, version, QUESTION))).toBe(200);
    expect(await adapter.serving(release)).toBeUndefined();
  });

  test('a version that is tested has a URL until that is dropped, and what serves stays', async () => {
    const { adapter, artifact, ask } = subject();
    const target = freshTarget();
    const one = releaseTo(target, await artifact('one'));
    const first = await made(adapter, one);
    const { url: serving = '' } = await adapter.shift(one, { version: first, percent: 100 });
    const two = releaseTo(target, await artifact('two'));
    const candidate = { ...two, environment: `${two.environment}-candidate` };
    const second = await made(adapter, two);

    const url = await adapter.candidateUrl?.(two, second);
    const during = [await ask?.(url ?? ''), await ask?.(serving)];
    expect(await adapter.serving(candidate)).toBe(second);
    await adapter.dropCandidate?.(two);
    await adapter.dropCandidate?.(two);

    if (ask !== undefined) {
      expect(during).toEqual(['two', 'one']);
      await expect(ask(url ?? '')).rejects.toThrow();
      expect(await ask(serving)).toBe('one');
    }
    expect(await adapter.serving(candidate)).toBeUndefined();
    expect(await adapter.serving(two)).toBe(first);
    expect(await adapter.candidateUrl?.(two, second)).toEqual(expect.any(String));
  });

  test('while a version has a share, the one before it is what serves', async () => {
    const { adapter, artifact } = subject();
    const target = freshTarget();
    const one = releaseTo(target, await artifact('one'));
    const two = releaseTo(target, await artifact('two'));
    const first = await made(adapter, one);
    const { url = '' } = await adapter.shift(one, { version: first, percent: 100 });
    const second = await made(adapter, two);

    await adapter.shift(two, { version: second, previous: first, percent: 50 });
    const during = await adapter.serving(two);
    const answers = new Set(await Promise.all(Array.from({ length: 40 }, () => subject().ask?.(url))));
    await adapter.shift(two, { version: second, previous: first, percent: 100 });
    const after = await subject().ask?.(url);

    expect(during).toBe(first);
    if (subject().ask !== undefined) expect([...answers].sort()).toEqual(['one', 'two']);
    expect(after ?? 'two').toBe('two');
    expect(await adapter.serving(two)).toBe(second);
  });
}
