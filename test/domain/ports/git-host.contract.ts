/** What the domain relies on in a git host's archives. */
import { createHash } from 'node:crypto';
import { access, readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { type GitHost, GitHostError } from '../../../lib/domain/ports/git-host.ts';

export interface GitHostUnderTest {
  readonly gitHost: GitHost;
  commit(repository: string, sha: string, archive: Buffer): void;
  /** Makes every answer a failure of this kind. */
  fail(how: 'temporarily' | 'for good' | undefined): void;
}

const SHA = '3f786850e387550fdab836ed7e6dc881de23001b';

export function gitHostContract(subject: () => GitHostUnderTest): void {
  const failure = async (repository: string): Promise<GitHostError> => {
    const error: unknown = await subject()
      .gitHost.archive(repository, SHA)
      .then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
    if (error instanceof GitHostError) return error;
    throw new Error(`A GitHostError was expected, not ${String(error)}.`);
  };

  test("a commit's archive is a local file with its digest and size, until it is removed", async () => {
    const bytes = gzipSync('a tree');
    subject().commit('acme/hello', SHA, bytes);

    const archive = await subject().gitHost.archive('acme/hello', SHA);

    expect(await readFile(archive.file)).toEqual(bytes);
    expect(archive).toMatchObject({
      sha256: createHash('sha256').update(bytes).digest('hex'),
      sizeBytes: bytes.length,
    });
    await archive.remove();
    await expect(access(archive.file)).rejects.toThrow();
    await archive.remove();
  });

  test('an unknown commit will not be found later either', async () => {
    const error = await failure('acme/nothing');

    expect(error.temporary).toBe(false);
  });

  test.each(['temporarily', 'for good'] as const)('a failure %s says whether to try again', async (how) => {
    subject().commit('acme/hello', SHA, gzipSync('bytes'));
    subject().fail(how);

    const error = await failure('acme/hello');
    subject().fail(undefined);

    expect(error.temporary).toBe(how === 'temporarily');
  });
}
