import { it } from 'vitest';
import { SEED } from './killing.ts';
import { killServer } from './server-kills.ts';

/** `npm run soak` has more. */
const KILLS = 8;

it(`a server that is killed ${KILLS} times loses nothing that it acknowledged, and everything ends (seed ${SEED})`, async ({
  annotate,
}) => {
  await annotate(await killServer(KILLS, SEED));
});
