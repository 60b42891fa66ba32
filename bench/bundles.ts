/** What a cold start of each function loads: bytes, and the processor time of the import, without any cache. */

import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { SettingName } from '../lib/aws/settings.ts';
import { bundleAll, functionEntries } from '../lib/infrastructure/bundles.ts';
import { markdown, median, type Report, ratios, shown } from './figure.ts';
import type { Bench } from './installation.ts';

const run = promisify(execFile);
const ROUNDS = 7;
const EMPTY = 'exports.handler = async () => {};\n';

/** Imports the file that it is given and prints the processor time that this took, in microseconds. */
const MEASURE = `
const began = process.cpuUsage();
await import(process.argv[1]);
const { user, system } = process.cpuUsage(began);
process.stdout.write(String(user + system));
process.exit();
`;

/** Whatever a function asks for at its cold start; nothing is called. */
const ENVIRONMENT: Readonly<Record<SettingName, string> & Record<string, string>> = {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'x',
  AWS_SECRET_ACCESS_KEY: 'x',
  STAITHE_TABLE: 'x',
  STAITHE_SUBSCRIPTION_SECRETS: '/x',
  STAITHE_MAIL_SENDER: 'off',
  STAITHE_LOOPBACK_WEBHOOKS: 'refuse',
  STAITHE_BUCKET: 'x',
  STAITHE_STATE_MACHINES: '{"build":"x"}',
  STAITHE_LOG_READS_PER_SECOND: '4',
  STAITHE_BUILD_LOG_GROUP: 'x',
  STAITHE_FUNCTION_NAMES: '*',
  STAITHE_FUNCTION_ARNS: 'x',
  STAITHE_FUNCTION_RUNTIMES: 'nodejs24.x',
  STAITHE_PROCESSES: 'allow',
  STAITHE_FUNCTION_ROLE: 'x',
  STAITHE_SITES_BUCKET: 'x',
  STAITHE_SITES_STORE: 'x',
  STAITHE_SITES_URL: 'https://example.com',
  STAITHE_SITE_DOMAINS: '[]',
  STAITHE_JOB_TOKEN_SECRET: 'x',
  STAITHE_WEBHOOK_SECRET: 'x',
  STAITHE_GIT_HOST_URL: 'https://example.com',
  STAITHE_EVENT_BUS: 'x',
  STAITHE_DEAD_LETTERS: 'https://sqs.us-east-1.amazonaws.com/000000000000/dead-letters',
  STAITHE_API_URL: 'https://example.com',
  STAITHE_PROJECT_SECRETS: 'x',
  STAITHE_COMPUTE: '{}',
  STAITHE_BUILD_REUSE: 'on',
  STAITHE_FORK_IMAGE_BUILDS: 'allow',
  STAITHE_REGISTRY_PREFIX: 'x',
  STAITHE_REGISTRY_PUSH_ROLE: 'x',
  STAITHE_REGISTRY_PULL_ROLE: 'x',
};

export async function bundles({ scratch, say }: Bench): Promise<Report> {
  const { functionFolder } = await bundleAll(join(scratch, 'bundles'));
  const empty = join(scratch, 'empty.cjs');
  await writeFile(empty, EMPTY);
  const rows: { entry: string; bytes: number; cpu: number[]; ratio: number[] }[] = [];
  for (const entry of functionEntries()) {
    const file = join(functionFolder(entry), 'index.cjs');
    const cpu: number[] = [];
    const nothing: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      cpu.push(await importTime(file));
      nothing.push(await importTime(empty));
    }
    rows.push({ entry, bytes: statSync(file).size, cpu, ratio: ratios(cpu, nothing) });
    say(entry);
  }
  const api = rows.filter(({ entry }) => entry.startsWith('api/'));
  const all = (pick: (row: (typeof rows)[number]) => number, of = rows) => of.map(pick);
  return {
    figures: [
      { what: 'bundle, over all functions', unit: 'bytes', samples: all(({ bytes }) => bytes) },
      { what: 'import, over all functions', unit: 'ms CPU', samples: all(({ cpu }) => median(cpu)) },
      {
        what: 'import, over the functions of the API',
        unit: 'ms CPU',
        samples: all(({ cpu }) => median(cpu), api),
      },
      { what: 'import beside an empty handler', unit: '×', samples: all(({ ratio }) => median(ratio)) },
    ],
    more: markdown(
      ['function', 'bytes', 'import, ms CPU', 'beside an empty handler'],
      rows.map(({ entry, bytes, cpu, ratio }) => [
        `\`${entry}\``,
        shown(bytes, 'bytes'),
        `${shown(median(cpu), 'ms')} (${shown(Math.min(...cpu), 'ms')}–${shown(Math.max(...cpu), 'ms')})`,
        `${shown(median(ratio), '×')} ×`,
      ]),
    ),
  };
}

/** @returns milliseconds of processor time */
async function importTime(file: string): Promise<number> {
  const { stdout } = await run(
    process.execPath,
    ['--input-type=module', '-e', MEASURE, pathToFileURL(file).href],
    { env: ENVIRONMENT },
  );
  return Number(stdout) / 1000;
}
