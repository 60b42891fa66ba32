/** Staithe itself: `staithe start` on this machine, `staithe install` in an AWS account. */
import { resolve } from 'node:path';
import { command } from './command/command.ts';
import { flag, integer, list, text } from './command/option.ts';
import { fullCheckout } from './installation/checkout.ts';
import { runInCheckout } from './installation/run.ts';
import { defaultStateFolder } from './paths/program.ts';

export const start = command({
  name: 'start',
  summary: 'Run Staithe on this machine',
  details:
    'Runs the stack that AWS deploys in the embedded cloud until Ctrl-C, and first builds and deploys an example. When ' +
    'Staithe is installed as a package, the first start installs its dependencies with npm, from the lock file of the ' +
    'package, into $XDG_CACHE_HOME/staithe (~/.cache). In a checkout use `npm start`.',
  options: {
    once: flag('--once', 'Stop after the example; exit with code 0 only if all of it worked'),
    tour: flag('--no-tour', 'Skip the example'),
    restore: flag('--restore', 'Replace missing or damaged state files with their backups, then start'),
    state: text(
      '--state <folder>',
      'State folder (default: .staithe in the checkout; installed: $XDG_STATE_HOME/staithe/server)',
    ),
    port: integer('--port <n>', 'Port of the AWS endpoint (default: a free port, kept across starts)'),
  },
  examples: ['staithe start', 'staithe start --once', 'staithe start --no-tour --state ./state'],
  calls: [],
  async run({ options }, { terminal, verbose }) {
    const state = resolve(options.state ?? defaultStateFolder(process.env));
    const checkout = await fullCheckout(terminal);
    const code = await runInCheckout(checkout, [
      'bin/start.ts',
      '--state',
      state,
      ...(options.once ? ['--once'] : []),
      ...(options.restore ? ['--restore'] : []),
      ...(options.tour ? [] : ['--no-tour']),
      ...(options.port === undefined ? [] : ['--port', String(options.port)]),
      ...(verbose ? ['--verbose'] : []),
    ]);
    return { exitCode: code };
  },
});

const CDK = 'node_modules/aws-cdk/bin/cdk';

export const install = command({
  name: 'install',
  summary: 'Install or update Staithe in an AWS account',
  details:
    'Deploys the stack `Staithe` with the CDK and the credentials of the AWS CLI. Dependencies are installed as for ' +
    '`staithe start`. In a checkout `npm run deploy` does the same.',
  options: {
    profile: text('--profile <name>', 'Profile of the AWS credentials'),
    bootstrap: flag(
      '--bootstrap',
      'First bootstrap the account and region for the CDK; required once for each',
    ),
    parameters: list('--parameters <name=value>', 'Parameter of the stack, such as GitHostUrl'),
    context: list('--context <key=value>', 'Context value of the CDK app, such as buildReuse=off'),
    yes: flag('--yes', 'Skip the confirmation of additional permissions'),
  },
  examples: ['staithe install --profile work --bootstrap', 'staithe install --profile work --yes'],
  calls: [],
  async run({ options }, { terminal }) {
    const checkout = await fullCheckout(terminal);
    const profile = options.profile === undefined ? [] : ['--profile', options.profile];
    const context = options.context.flatMap((value) => ['--context', value]);
    if (options.bootstrap) {
      const code = await runInCheckout(checkout, [CDK, 'bootstrap', ...profile, ...context], checkout);
      if (code !== 0) return { exitCode: code };
    }
    const parameters = options.parameters.flatMap((value) => ['--parameters', value]);
    const approval = options.yes ? ['--require-approval', 'never'] : [];
    const words = [CDK, 'deploy', ...profile, ...parameters, ...context, ...approval] as const;
    return { exitCode: await runInCheckout(checkout, [...words], checkout) };
  },
});
