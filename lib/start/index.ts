/** `npm start`: synthesize, run the template on the embedded cloud, take the example the whole way, stay up. */
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { styleText } from 'node:util';
import {
  LAMBDA_RUNTIMES,
  machineIsolation,
  type RunningCloud,
  restoreState,
  startCloud,
} from 'embedded-cloud';
import { createClient } from '../contract/client.ts';
import { RUNTIMES } from '../domain/runtimes.ts';
import { freshAssembly } from './assembly.ts';
import { CLI } from './called-as.ts';
import { connect, disconnect } from './connection.ts';
import { checkFolders, failureOf } from './failure.ts';
import { requireFreePort } from './free-port.ts';
import { MAIL_SENDER } from './mail-sender.ts';
import { HELP, optionsFrom, type StartOptions } from './options.ts';
import { takeState } from './running.ts';
import { type Step, stepsOn } from './steps.ts';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const EXAMPLE = join(ROOT, 'examples', 'hello-function');

const bold = (text: string) => styleText('bold', text, { stream: process.stdout });
const dim = (text: string) => styleText('dim', text, { stream: process.stdout });

/** @returns the exit code */
export async function main(args: readonly string[]): Promise<number> {
  // A reader that went away (`npm start | head`) must not keep the cloud from stopping well.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  let state = '';
  try {
    const options = optionsFrom(args, ROOT);
    if (options.help) {
      process.stdout.write(HELP);
      return 0;
    }
    state = options.state;
    checkFolders(state);
    const release = takeState(state);
    try {
      await run(options, stepsOn(process.stdout));
    } finally {
      release();
    }
    return 0;
  } catch (error) {
    const { message, next, exitCode, cause } = failureOf(error, state);
    process.stderr.write(`\nerror: ${message}\n`);
    if (process.env.STAITHE_DEBUG === '1' && cause instanceof Error) process.stderr.write(`${cause.stack}\n`);
    process.stderr.write(`next: ${next}\n`);
    return exitCode;
  }
}

async function run(options: StartOptions, step: Step): Promise<void> {
  const { state, port, gitHostUrl, quotas } = options;
  if (port !== undefined) await requireFreePort(port);
  process.stdout.write(`${bold('Staithe')} on this machine, from the template that AWS deploys\n\n`);
  // Asked while the app is synthesized: it takes as long as starting a few programs.
  const asking = machineIsolation();
  asking.catch(() => undefined); // it is told below, once that is done
  const { assembly } = await step(
    'synthesize the CDK app',
    (onStage) => freshAssembly(ROOT, state, { unchecked: true, onStage }),
    ({ made }) => (made ? '' : 'unchanged'),
  );
  const isolation = await asking;
  if (options.restore)
    await step('restore damaged state', async () => restoreState(join(state, 'cloud')), restoredAs);
  const cloud = await step(
    'start the embedded cloud',
    () =>
      startCloud({
        assembly,
        stateDir: join(state, 'cloud'),
        ...(port !== undefined && { port }),
        quotas,
        parameters: {
          // Without quotas the cloud answers as often as it is asked: lines are on the screen at once.
          ...(quotas === 'machine' && { LogReadsPerSecond: '100' }),
          // All functions of the embedded cloud are Staithe's.
          FunctionPrefix: '',
          FunctionRuntimes: RUNTIMES.filter((runtime) => LAMBDA_RUNTIMES.includes(runtime)).join(','),
          Processes: 'allow',
          ForkImageBuilds: isolation.imageBuilds === 'rootless' ? 'allow' : 'refuse',
          // Nobody has a certificate for this machine.
          SitesProtocol: 'http',
          // Receivers of webhooks run on this machine too, and `staithe mail` shows what the embedded SES was given.
          LoopbackWebhooks: 'allow',
          MailSender: MAIL_SENDER,
          ...(gitHostUrl !== undefined && { GitHostUrl: gitHostUrl }),
        },
        ...(!options.verbose && { log: () => undefined }),
      }),
    ({ endpoint }) => endpoint,
  );
  for (const warning of [...isolation.warnings, ...cloud.notIsolated])
    process.stdout.write(`  ${styleText('yellow', '!')} ${warning}\n`);
  try {
    sayMovedPorts(cloud);
    const connection = await step(
      'admin token',
      () => connect(cloud, state),
      ({ url }) => url,
    );
    let next = '';
    if (options.tour || options.once) {
      process.stdout.write('\nexamples/hello-function, from source to URL:\n\n');
      const { PROJECT, tour } = await import('./tour.ts');
      const url = await tour(createClient(connection), step, EXAMPLE);
      if (!options.once) next = nextSteps({ api: connection.url, url, state, project: PROJECT });
    }
    if (!options.once) {
      // First: whoever reads that Ctrl-C stops the server may press it at once.
      const stop = interrupted();
      process.stdout.write(next);
      await stop;
    }
    disconnect(state);
  } finally {
    await cloud.stop();
  }
}

function sayMovedPorts({ movedPorts }: RunningCloud): void {
  for (const { name, from, to } of movedPorts)
    process.stdout.write(`    port ${from} of ${name} is in use by another program; using ${to} instead\n`);
}

function restoredAs(restored: ReturnType<typeof restoreState>): string {
  return (
    restored.map(({ path, at }) => `${path} as of ${at.toISOString()}`).join(', ') || 'nothing was damaged'
  );
}

/** @param state the CLI has to be told of one that is not where it looks */
function nextSteps({
  api,
  url,
  state,
  project,
}: Record<'api' | 'url' | 'state' | 'project', string>): string {
  const command = (text: string, what: string) =>
    `  ${styleText('cyan', text.padEnd(72), { stream: process.stdout })} ${dim(what)}\n`;
  const near = relative(process.cwd(), EXAMPLE);
  const example = near.startsWith('..') ? EXAMPLE : near;
  return [
    `\n${bold('Ready.')} The API is at ${api}. In another terminal:\n\n`,
    ...(state === join(ROOT, '.staithe')
      ? []
      : [command(`export STAITHE_STATE=${state}`, 'the server that the CLI uses')]),
    command(`${CLI} whoami`, 'the token that the CLI uses'),
    command(`${CLI} build create --project ${project} --dir ${example} --follow`, 'build it again'),
    command(`${CLI} release list --project ${project}`, 'its releases'),
    command(`curl ${url}`, 'the deployed function'),
    command(`${CLI} --help`, 'all commands'),
    '\nCtrl-C stops the server; its state is kept for the next start.\n',
  ].join('');
}

/** One Ctrl-C reaches each program of the terminal, and those between hand it on: within this time it is still the same. */
const SAME_INTERRUPT_MS = 1000;

/** Resolves at the first Ctrl-C or SIGTERM. A second one ends the process at once, as is usual. */
async function interrupted(): Promise<void> {
  await new Promise<void>((resolve) => {
    let first: number | undefined;
    const interrupt = () => {
      if (first !== undefined && performance.now() - first > SAME_INTERRUPT_MS) process.exit(130);
      first ??= performance.now();
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt);
  });
  process.stdout.write('\nstopping …\n');
}
