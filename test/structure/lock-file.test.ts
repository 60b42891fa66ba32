import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const entry = z.object({
  version: z.string().optional(),
  resolved: z.string().optional(),
  integrity: z.string().optional(),
  /** It comes inside the archive of the package that bundles it, and so under that one's integrity. */
  inBundle: z.boolean().optional(),
  /** A folder of this checkout. */
  link: z.boolean().optional(),
});
const { packages } = z
  .object({ packages: z.record(z.string(), entry) })
  .parse(JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')));
/** What npm fetches: not this package, nor folders of the checkout. */
const fetched = Object.entries(packages).filter(
  ([path, { link }]) => path.includes('node_modules/') && !link,
);

describe('package-lock.json', () => {
  test('says of everything that npm fetches what its bytes must be, for every platform', () => {
    const unknown = fetched.filter(
      ([, { integrity, inBundle }]) => !inBundle && !/^sha512-[\w+/]{86}==$/.test(integrity ?? ''),
    );

    expect(unknown.map(([path]) => path)).toEqual([]);
  });

  test('leaves it to the reader’s npm from which registry packages come', () => {
    const elsewhere = fetched.filter(([, { resolved }]) => resolved !== undefined);

    expect(elsewhere.map(([path]) => path)).toEqual([]);
  });
});
