import { describe, expect, test } from 'vitest';
import { causeOf } from '../../../lib/domain/function-log/causes.ts';

describe('the cause of a failure', () => {
  test.each([
    ["Unable to import module 'app': No module named 'requests'", /module 'requests'/, /staithe\.yaml/],
    [
      "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'zod' imported from /var/task/index.mjs",
      /'zod'/,
      /Add it to the service/,
    ],
    [
      '{"errorType":"Runtime.HandlerNotFound","errorMessage":"index.handler is undefined or not exported"}',
      /does not export the handler/,
      /--handler/,
    ],
    [
      "[ERROR] Runtime.HandlerNotFound: Handler 'main' missing on module 'app'",
      /does not export.*: main/,
      /--handler/,
    ],
    ['2026-11-21T09:30:00.000Z 1 Task timed out after 3.00 seconds', /limit of 3 seconds/, /--timeout/],
    ['RequestId: 1 Error: Runtime exited with error: signal: killed', /memory/, /--memory/],
    ['RequestId: 1 Error: Runtime exited with error: exit status 3', /exit status 3/, /handler return/],
    [
      '{"errorType":"Runtime.UserCodeSyntaxError","errorMessage":"SyntaxError: Unexpected token"}',
      /syntax error/,
      /\.mjs/,
    ],
  ])('of %s is told', (line, message, remedy) => {
    expect(causeOf(['before', line, 'after'], 'test')).toEqual({
      message: expect.stringMatching(message),
      remedy: expect.stringMatching(remedy),
    });
  });

  test('is not made up', () => {
    expect(causeOf(['listening on 8080', 'GET / 503'], 'test')).toBeUndefined();
  });
});
