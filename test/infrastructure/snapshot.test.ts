import { expect, it } from 'vitest';
import { infrastructure } from './template.ts';

/** Hashes of bundles change with every line of code; the template is about everything else. */
const masked = (json: unknown): string =>
  `${JSON.stringify(json, undefined, 2).replaceAll(/[0-9a-f]{64}(?=\.(zip|json))/g, '<asset>')}\n`;

// A change of infrastructure shows in review as a change of this file: `npx vitest run test/infrastructure -u`.
it('the template is the one that was reviewed', async () => {
  const { json } = await infrastructure();
  await expect(masked(json)).toMatchFileSnapshot('template.snap');
});
