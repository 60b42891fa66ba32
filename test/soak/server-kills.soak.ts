import { it } from 'vitest';
import { SEED } from '../system/killing.ts';
import { killServer } from '../system/server-kills.ts';
import { AMOUNT } from './amount.ts';

const HALF = Math.ceil(AMOUNT.serverKills / 2);

it.concurrent.each([SEED, SEED + 1])(
  `a server that is killed ${HALF} times loses and doubles nothing, and everything ends (seed %d)`,
  async (seed) => {
    process.stdout.write(`${await killServer(HALF, seed)}\n`);
  },
);
