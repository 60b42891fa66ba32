import { describe, expect, test } from 'vitest';
import { classify } from '../../lib/domain/diagnosis/classify.ts';
import { failingStage } from '../../lib/domain/diagnosis/stage.ts';

/** As BuildKit 0.13 and later print it (docker buildx build --progress=plain). */
const BUILDKIT = `#7 [web 2/4] COPY . .
#7 DONE 0.1s
#8 [build 3/5] RUN pnpm install --frozen-lockfile
#8 0.512 Lockfile is up to date
#8 0.900  ERR_PNPM_FETCH_401  GET https://npm.example.com/@acme%2Ftokens: Unauthorized - 401
#9 [web 3/4] RUN ./configure
#9 CANCELED
#8 ERROR: process "/bin/sh -c pnpm install --frozen-lockfile" did not complete successfully: exit code: 1
------
 > [build 3/5] RUN pnpm install --frozen-lockfile:
0.512 Lockfile is up to date
0.900  ERR_PNPM_FETCH_401  GET https://npm.example.com/@acme%2Ftokens: Unauthorized - 401
------
Dockerfile:3
ERROR: failed to solve: process "/bin/sh -c pnpm install --frozen-lockfile" did not complete successfully: exit code: 1`.split(
  '\n',
);

describe('the failing step of an image', () => {
  test('is the one that BuildKit reports, not one that was cancelled for it', () => {
    expect(failingStage(BUILDKIT)).toBe('[build 3/5] RUN pnpm install --frozen-lockfile');
  });

  test('is read from the summary when the beginning is gone', () => {
    expect(failingStage(BUILDKIT.slice(8))).toBe('[build 3/5] RUN pnpm install --frozen-lockfile');
  });

  test('is the one that buildah names, when stages are built at the same time', () => {
    const lines = [
      '[1/2] STEP 1/2: FROM base AS build',
      '[1/2] STEP 2/2: RUN make',
      '[2/2] STEP 1/2: FROM base AS web',
      '[2/2] STEP 2/2: RUN npm ci',
      'Error: building at STEP "RUN make": while running runtime: exit status 2',
    ];

    expect(failingStage(lines)).toBe('[build 2/2] RUN make');
  });

  test('is the last one of the classic builder', () => {
    const lines = [
      'Step 1/3 : FROM base AS build',
      'Step 2/3 : RUN make',
      "The command '/bin/sh -c make' returned a non-zero code: 2",
    ];

    expect(failingStage(lines)).toBe('[build 2/3] RUN make');
  });

  test.each([
    ['nothing was begun', ['Error: cannot find Containerfile or Dockerfile in context directory']],
    ['all steps were done', ['STEP 1/1: FROM scratch', 'COMMIT localhost/api', 'Error: no room']],
    ['the image was built', ['Step 1/1 : FROM scratch', 'Successfully built 0123456789ab']],
  ])('is nothing when %s', (_, lines) => {
    expect(failingStage(lines)).toBeUndefined();
  });
});

test('what a tool says inside of BuildKit counts as if it had been run alone', () => {
  const diagnosis = classify({ phase: 'image', exit_code: 1, last_lines: BUILDKIT });

  expect(diagnosis).toMatchObject({
    code: 'auth_error',
    stage: '[build 3/5] RUN pnpm install --frozen-lockfile',
    hint: expect.stringContaining('staithe secret set NPM_TOKEN'),
  });
  expect(diagnosis.message).toContain('ERR_PNPM_FETCH_401');
});
