import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PasswordOptions, randomPassword } from '../../src/secretsmanager/password.ts';

test('generated passwords keep to every option', () => {
  fc.assert(
    fc.property(
      fc.record({
        PasswordLength: fc.integer({ min: 5, max: 60 }),
        ExcludeNumbers: fc.boolean(),
        ExcludePunctuation: fc.boolean(),
        ExcludeUppercase: fc.boolean(),
        IncludeSpace: fc.boolean(),
        ExcludeCharacters: fc.constantFrom('', '"@/\\', 'abc'),
      }),
      (options) => {
        const password = randomPassword(PasswordOptions.parse(options));

        expect(password).toHaveLength(options.PasswordLength);
        expect(/[a-z]/.test(password)).toBe(true);
        expect(/\d/.test(password)).toBe(!options.ExcludeNumbers);
        expect(/[A-Z]/.test(password)).toBe(!options.ExcludeUppercase);
        expect(/[^A-Za-z0-9 ]/.test(password)).toBe(!options.ExcludePunctuation);
        expect(password.includes(' ')).toBe(options.IncludeSpace);
        for (const character of options.ExcludeCharacters) expect(password).not.toContain(character);
      },
    ),
  );
});
