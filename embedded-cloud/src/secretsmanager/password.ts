/** Random passwords, with the options of GetRandomPassword and of a template's `GenerateSecretString`. */
import { randomInt } from 'node:crypto';
import { z } from 'zod';
import { AwsError } from '../service.ts';

/** CloudFormation passes numbers and booleans as they are or as text. */
const flag = z.union([z.boolean(), z.stringbool()]).default(false);

export const PasswordOptions = z.object({
  PasswordLength: z.coerce.number().int().min(1).max(4096).default(32),
  ExcludeCharacters: z.string().max(4096).default(''),
  ExcludeLowercase: flag,
  ExcludeUppercase: flag,
  ExcludeNumbers: flag,
  ExcludePunctuation: flag,
  IncludeSpace: flag,
  RequireEachIncludedType: z.union([z.boolean(), z.stringbool()]).default(true),
});

const LOWERCASE = 'abcdefghijklmnopqrstuvwxyz';
const NUMBERS = '0123456789';
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

/** @throws AwsError `InvalidParameterException` when the options leave nothing to choose from */
export function randomPassword(options: z.infer<typeof PasswordOptions>): string {
  const types = [
    options.ExcludeLowercase ? '' : LOWERCASE,
    options.ExcludeUppercase ? '' : LOWERCASE.toUpperCase(),
    options.ExcludeNumbers ? '' : NUMBERS,
    options.ExcludePunctuation ? '' : PUNCTUATION,
    options.IncludeSpace ? ' ' : '',
  ]
    .map((type) => [...type].filter((character) => !options.ExcludeCharacters.includes(character)))
    .filter((type) => type.length > 0);
  const all = types.flat();
  const required = options.RequireEachIncludedType ? types : [];
  if (all.length === 0 || required.length > options.PasswordLength)
    throw new AwsError(
      'InvalidParameterException',
      'The password cannot be made with these exclusions and this length.',
    );
  const pick = (from: readonly string[]) => from[randomInt(from.length)] ?? '';
  const characters = [
    ...required.map(pick),
    ...Array.from({ length: options.PasswordLength - required.length }, () => pick(all)),
  ];
  return shuffled(characters).join('');
}

/** Fisher–Yates, so that the required characters stand anywhere. */
function shuffled(characters: string[]): string[] {
  for (let last = characters.length - 1; last > 0; last--) {
    const other = randomInt(last + 1);
    [characters[last], characters[other]] = [characters[other] ?? '', characters[last] ?? ''];
  }
  return characters;
}
