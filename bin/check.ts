/** `npm run check`: types, format and lint, dead code, import rules, side by side; each prints only when it finds something. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { styleText } from 'node:util';

const CHECKS: readonly { readonly name: string; readonly command: readonly string[] }[] = [
  { name: 'types', command: ['node_modules/.bin/tsc', '-p', '.'] },
  { name: 'format and lint', command: ['node_modules/.bin/biome', 'check', '--error-on-warnings', '.'] },
  { name: 'dead code', command: ['node_modules/.bin/knip'] },
  {
    name: 'import rules',
    command: [process.execPath, 'node_modules/vitest/vitest.mjs', 'run', 'test/structure', '--reporter=dot'],
  },
];

async function run(command: readonly string[]): Promise<{ code: number; said: string }> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, FORCE_COLOR: '1' },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk));
  const [code] = await once(child, 'close');
  return { code: typeof code === 'number' ? code : 1, said };
}

const results = await Promise.all(
  CHECKS.map(async ({ name, command }) => {
    const began = performance.now();
    const { code, said } = await run(command);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    process.stdout.write(
      `${code === 0 ? styleText('green', '✓') : styleText('red', '✗')} ${name.padEnd(16)} ${seconds} s\n${code === 0 ? '' : said}`,
    );
    return code;
  }),
);
process.exitCode = results.every((code) => code === 0) ? 0 : 1;
