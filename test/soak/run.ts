/** `npm run soak [-- --full] [-- --seed <n>] [-- <name> …]`: the loads, or those whose file has one of the names. */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { full: { type: 'boolean', default: false }, seed: { type: 'string' } },
});
const seed = values.seed ?? String(Date.now() % 1_000_000);
process.stdout.write(
  `seed ${seed}; the same again: npm run soak -- --seed ${seed}${values.full ? ' --full' : ''}\n`,
);
const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/soak/vitest.config.ts'];
const { status } = spawnSync(
  process.execPath,
  ['--disable-warning=ExperimentalWarning', ...vitest, ...positionals],
  {
    stdio: 'inherit',
    env: { ...process.env, STAITHE_TEST_SEED: seed, SOAK: values.full ? 'full' : 'slice' },
  },
);
process.exitCode = status ?? 1;
