/** What the domain relies on in the deploy target `lambda`. */

import { eventually } from 'embedded-cloud/test-kit/patience.ts';
import { expect, test } from 'vitest';
import { type Functions, TargetError } from '../../../lib/domain/ports/functions.ts';
import type { LambdaTarget } from '../../../lib/domain/target.ts';

export interface FunctionsUnderTest {
  readonly functions: Functions;
  /** Stores a zip of a function that answers with `text`. */
  zip(text: string): Promise<{ blobKey: string; digest: string }>;
  /** What the URL answers with, as far as this target answers at all. */
  ask?(url: string): Promise<string>;
}

let names = 0;
const freshTarget = (): LambdaTarget => ({
  kind: 'lambda',
  function_name: `hello-${++names}`,
  runtime: 'nodejs22.x',
  handler: 'index.handler',
  architecture: 'x86_64',
  memory_mb: 256,
  timeout_seconds: 10,
});
const PROJECT = 'prj_01JZX3V5N8Q2R4T6W8Y0A1B2C3';

export function functionsContract(subject: () => FunctionsUnderTest): void {
  const releaseOf = (
    target: LambdaTarget,
    code: { blobKey: string; digest: string },
    variables = { GREETING: 'hello' },
  ) => ({
    target,
    variables,
    projectId: PROJECT,
    ...code,
  });
  const apply = async (target: LambdaTarget, code: { blobKey: string; digest: string }) => {
    const release = releaseOf(target, code);
    await subject().functions.apply(release);
    await eventually(async () => expect(await subject().functions.isReady(target.function_name)).toBe(true));
  };

  test('a first release makes the function; its alias has a URL that serves the version', async () => {
    const target = freshTarget();
    const code = await subject().zip('one');
    const { functions } = subject();

    const before = await functions.aliasVersion(target.function_name, 'staithe-test');
    await apply(target, code);
    const version = await functions.publish(releaseOf(target, code));
    const url = await functions.moveAlias(target.function_name, 'staithe-test', version);

    expect(before).toBeUndefined();
    expect(await functions.aliasVersion(target.function_name, 'staithe-test')).toBe(version);
    expect(new URL(url).pathname).toBe('/');
    expect((await subject().ask?.(url)) ?? 'one').toBe('one');
  });

  test("one project's function is refused to another, and goes on serving what it served", async () => {
    const target = freshTarget();
    const code = await subject().zip('one');
    await apply(target, code);
    const version = await subject().functions.publish(releaseOf(target, code));
    await subject().functions.moveAlias(target.function_name, 'staithe-test', version);

    const stranger = {
      target,
      variables: {},
      projectId: 'prj_01JZX3V5N8Q2R4T6W8Y0A1B2C4',
      ...(await subject().zip('two')),
    };
    const refused = subject().functions.apply(stranger);

    await expect(refused).rejects.toThrow(TargetError);
    await expect(refused).rejects.toThrow(
      /belongs to another project.*staithe:project=prj_01JZX3V5N8Q2R4T6W8Y0A1B2C4/s,
    );
    expect(await subject().functions.aliasVersion(target.function_name, 'staithe-test')).toBe(version);
  });

  test('a function whose variables were changed since is not published', async () => {
    const target = freshTarget();
    const code = await subject().zip('one');
    await apply(target, code);

    const published = subject().functions.publish(releaseOf(target, code, { GREETING: 'goodbye' }));

    await expect(published).rejects.toThrow(TargetError);
    await expect(published).rejects.toThrow(/changed by another client/);
  });

  test('every call may be repeated; unchanged code is no second version', async () => {
    const target = freshTarget();
    const code = await subject().zip('one');
    const { functions } = subject();

    await apply(target, code);
    await apply(target, code);
    const first = await functions.publish(releaseOf(target, code));
    const second = await functions.publish(releaseOf(target, code));
    const urls = [
      await functions.moveAlias(target.function_name, 'staithe-test', first),
      await functions.moveAlias(target.function_name, 'staithe-test', second),
    ];

    expect(second).toBe(first);
    expect(urls[1]).toBe(urls[0]);
  });

  test('new code is a new version under the same URL, and the alias can go back', async () => {
    const target = freshTarget();
    const [one, two] = [await subject().zip('one'), await subject().zip('two')];
    const { functions } = subject();
    await apply(target, one);
    const first = await functions.publish(releaseOf(target, one));
    const url = await functions.moveAlias(target.function_name, 'staithe-test', first);

    await apply(target, two);
    const second = await functions.publish(releaseOf(target, two));
    const same = await functions.moveAlias(target.function_name, 'staithe-test', second);
    const served = await subject().ask?.(url);
    await functions.moveAlias(target.function_name, 'staithe-test', first);

    expect(second).not.toBe(first);
    expect(same).toBe(url);
    expect(served ?? 'two').toBe('two');
    expect(await functions.aliasVersion(target.function_name, 'staithe-test')).toBe(first);
    expect((await subject().ask?.(url)) ?? 'one').toBe('one');
  });

  test('code of another digest is not published', async () => {
    const target = freshTarget();
    const [one, two] = [await subject().zip('one'), await subject().zip('two')];
    await apply(target, one);

    const published = subject().functions.publish(releaseOf(target, two));

    await expect(published).rejects.toThrow(TargetError);
  });

  test('bytes that are not there are refused', async () => {
    const applied = subject().functions.apply({
      target: freshTarget(),
      variables: {},
      projectId: PROJECT,
      blobKey: 'projects/none/artifacts/none',
      digest: `sha256:${'0'.repeat(64)}`,
    });

    await expect(applied).rejects.toThrow(TargetError);
  });
}
