import { SettingError } from 'embedded-cloud';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { failureOf, StartFailure } from '../../lib/start/failure.ts';
import { optionsFrom } from '../../lib/start/options.ts';

afterEach(() => vi.unstubAllEnvs());

describe('what a start is told', () => {
  it.each(['BUILD_REACH', 'DYNAMODB_ENGINE', 'DYNAMODB_LOCAL_JAR', 'WARM_MACHINES'])(
    'under the earlier name STAITHE_%s is refused with the name that has an effect',
    (name) => {
      vi.stubEnv(`STAITHE_${name}`, 'value');

      const start = () => optionsFrom([], '/checkout');

      expect(start).toThrow(StartFailure);
      expect(start).toThrow(`STAITHE_${name} has no effect: its name is EMBEDDED_CLOUD_${name}.`);
    },
  );

  it('is called by its name where the embedded cloud cannot follow it', () => {
    const error = new SettingError('EMBEDDED_CLOUD_WARM_MACHINES', 'many', 'Write a number from 0 to 999.');

    const failure = failureOf(error, '/state');

    expect(failure.message).toBe("EMBEDDED_CLOUD_WARM_MACHINES is 'many'. Write a number from 0 to 999.");
    expect(failure.next).toBe('Correct or unset EMBEDDED_CLOUD_WARM_MACHINES, then start again.');
    expect(failure.exitCode).toBe(2);
  });
});
