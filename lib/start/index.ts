/** `npm start`: synthesize, run the template on the embedded cloud, take the example the whole way, stay up. */
import { mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, styleText } from 'node:util';
import { createClient } from '../contract/client.ts';
import { startCloud } from '../local/cloud.ts';
import { freshAssembly } from './assembly.ts';
import { connect, disconnect } from './connection.ts';
import { type Step, stepsOn } from './steps.ts';
import { PROJECT, tour } from './tour.ts';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const HELP = `Usage: npm start -- [options]

Runs Staithe on this machine: the template that AWS would deploy, on the embedded cloud.

  --once          stop after the example has gone the whole way; the exit code tells whether it did
  --no-tour       start only
  --state <dir>   where everything is kept (default: .staithe)
  --port <n>      port of the AWS endpoint (default: one that stays the same)
  --verbose       show the log of the embedded cloud

  STAITHE_GIT_HOST_URL   the git host's API, for webhooks (default: https://api.github.com)
`;

interface Options {
  readonly once: boolean;
  readonly tour: boolean;
  readonly verbose: boolean;
  readonly state: string;
  readonly port: number | undefined;
}

/** @returns the exit code */
export async function main(args: readonly string[]): Promise<number> {
  // A reader that went away (`npm start | head`) must not keep the cloud from stopping well.
  process.stdout.on('error', () => undefined);
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      once: { type: 'boolean', default: false },
      tour: { type: 'boolean', default: true },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      state: { type: 'string', default: join(ROOT, '.staithe') },
      port: { type: 'string' },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const port = values.port === undefined ? undefined : Number.parseInt(values.port, 10);
  const options = {
    once: values.once,
    tour: values.tour,
    verbose: values.verbose,
    state: resolve(values.state),
    port,
  };
  try {
    await run(options, stepsOn(process.stdout));
    return 0;
  } catch (error) {
    process.stderr.write(`\nerror: ${error instanceof Error ? error.message : String(error)}\n`);
    if (process.env.STAITHE_DEBUG === '1' && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    process.stderr.write('next: npm start -- --verbose shows the log of the embedded cloud\n');
    return 1;
  }
}

async function run(options: Options, step: Step): Promise<void> {
  const { state } = options;
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const bold = (text: string) => styleText('bold', text);
  process.stdout.write(`${bold('Staithe')} on this machine, from the template that AWS deploys\n\n`);
  const context =
    process.env.STAITHE_GIT_HOST_URL === undefined ? {} : { gitHostUrl: process.env.STAITHE_GIT_HOST_URL };
  const { assembly } = await step(
    'synthesize the CDK app',
    () => freshAssembly(ROOT, state, context),
    ({ made }) => (made ? '' : 'unchanged'),
  );
  const log = options.verbose ? undefined : () => undefined;
  const cloud = await step(
    'start the embedded cloud',
    () =>
      startCloud({
        assembly,
        stateDir: join(state, 'cloud'),
        ...(options.port !== undefined && { port: options.port }),
        ...(log && { log }),
      }),
    ({ endpoint }) => endpoint,
  );
  try {
    const connection = await step(
      'admin token',
      () => connect(cloud, state),
      ({ url }) => url,
    );
    if (options.tour || options.once) {
      process.stdout.write('\nexamples/hello-function, the whole way:\n\n');
      const url = await tour(createClient(connection), step, join(ROOT, 'examples', 'hello-function'));
      if (!options.once) process.stdout.write(nextSteps(connection.url, url));
    }
    if (!options.once) await interrupted();
    disconnect(state);
  } finally {
    await cloud.stop();
  }
}

function nextSteps(api: string, url: string): string {
  const command = (text: string, what: string) =>
    `  ${styleText('cyan', text.padEnd(72))} ${styleText('dim', what)}\n`;
  return [
    `\n${styleText('bold', 'Ready.')} The API is at ${api}. In another terminal:\n\n`,
    command('npx staithe whoami', 'who the CLI is here'),
    command(
      `npx staithe build create --project ${PROJECT} --dir examples/hello-function --follow`,
      'build it again',
    ),
    command(`npx staithe release list --project ${PROJECT}`, 'what was released'),
    command(`curl ${url}`, 'what was deployed'),
    command('npx staithe --help', 'everything else'),
    '\nCtrl-C stops it; the next start finds everything as it was.\n',
  ].join('');
}

/** Resolves at the first Ctrl-C or SIGTERM. A second one ends the process at once, as is usual. */
async function interrupted(): Promise<void> {
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  process.stdout.write('\nstopping …\n');
}
