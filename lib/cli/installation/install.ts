import { command } from '../command.ts';
import { flag, list, text } from '../option.ts';
import { wholeCheckout } from './checkout.ts';
import { handOver } from './hand-over.ts';

const CDK = 'node_modules/aws-cdk/bin/cdk';

export const install = command({
  name: 'install',
  summary: 'Install Staithe in an AWS account, or update it there',
  details:
    'Deploys the stack `Staithe` with the CDK and the credentials of the AWS CLI. What the installed program needs for ' +
    'it, it brings as `staithe start` does. In a checkout `npm run deploy` does the same.',
  options: {
    profile: text('--profile <name>', 'profile of the AWS credentials'),
    bootstrap: flag('--bootstrap', 'prepare account and region for the CDK first; once for each'),
    parameters: list('--parameters <name=value>', 'a parameter of the stack, such as GitHostUrl'),
    context: list('--context <key=value>', 'a context value of the CDK app, such as buildReuse=off'),
    yes: flag('--yes', 'do not ask before permissions are widened'),
  },
  examples: ['staithe install --profile work --bootstrap', 'staithe install --profile work --yes'],
  calls: [],
  async run({ options }, { terminal }) {
    const checkout = await wholeCheckout(terminal);
    const who = options.profile === undefined ? [] : ['--profile', options.profile];
    const context = options.context.flatMap((value) => ['--context', value]);
    if (options.bootstrap) {
      const code = await handOver(checkout, [CDK, 'bootstrap', ...who, ...context], checkout);
      if (code !== 0) return { exitCode: code };
    }
    const parameters = options.parameters.flatMap((value) => ['--parameters', value]);
    const approval = options.yes ? ['--require-approval', 'never'] : [];
    const words = [CDK, 'deploy', ...who, ...parameters, ...context, ...approval] as const;
    return { exitCode: await handOver(checkout, [...words], checkout) };
  },
});
