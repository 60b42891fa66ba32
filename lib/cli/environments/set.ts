/** `staithe environment set`. */
import { command } from '../command/command.ts';
import { choice, list, pairs, projectOption, text } from '../command/option.ts';
import { defined } from './defined.ts';
import { findEnvironment } from './find.ts';
import { healthBody, healthOptions } from './health.ts';
import { ruleOptions, rulesBody } from './rules.ts';
import { commandOptions, testBody, testOptions } from './targets/command.ts';
import { kindOption, targetBody } from './targets/index.ts';
import { lambdaOptions } from './targets/lambda.ts';
import { processOptions } from './targets/process.ts';
import { staticOptions } from './targets/static.ts';
import { trafficOptions } from './targets/traffic.ts';
import { environmentText } from './text.ts';

export const set = command({
  name: 'set',
  summary: 'Create or change an environment',
  details:
    'Settings that are not specified keep their value; in a new environment they get the default of the server.',
  args: { environment: 'Environment name: a-z, 0-9 and -' },
  options: {
    project: projectOption,
    target: kindOption,
    ...lambdaOptions,
    ...trafficOptions,
    ...staticOptions,
    ...processOptions,
    ...commandOptions,
    ...testOptions,
    service: text('--service <name>', 'Service of the release that is deployed here'),
    ...healthOptions,
    variable: pairs('--variable <NAME=value>', 'Environment variable'),
    removeVariable: list('--remove-variable <NAME>', 'Remove an environment variable'),
    owner: choice('--owner <owner>', 'Who sets the environment: api (requests), or the manifest', [
      'api',
      'manifest',
    ]),
    ...ruleOptions,
  },
  examples: [
    'staithe environment set test --project hello --function hello-test --health-path /health',
    'staithe environment set preview --project hello --target static --site hello-preview --spa yes',
    'staithe environment set live --project hello --process hello-live --command "node server.js" --replicas 2',
    'staithe environment set test --project hello --memory 512 --variable GREETING=Ahoy',
    'staithe environment set production --project hello --function hello-production --after test --soak 30m --approvals 2 --concurrency queue',
    'staithe environment set production --project hello --step 10:5m --step 50:5m --alarm hello-errors',
    'staithe environment set packages --project hello --run "npm publish ." --secret NPM_TOKEN',
    'staithe environment set production --project hello --freeze "fri 16:00..mon 08:00 Europe/Berlin"',
  ],
  calls: ['getEnvironment', 'putEnvironment'],
  async run({ args, options }, { api }) {
    const params = { project: options.project, environment: args.environment };
    const current = await findEnvironment(api, params);
    const variables = { ...current?.variables, ...options.variable };
    for (const name of options.removeVariable) delete variables[name];
    const environment = await api.call('putEnvironment', {
      params,
      body: {
        target: targetBody(args.environment, options, current?.target),
        variables,
        ...defined({ owner: options.owner }),
        ...rulesBody(options, current),
        ...healthBody(options, current),
        ...defined({
          service: options.service ?? current?.service,
          test: testBody(options, current?.test),
        }),
      },
    });
    return {
      json: environment,
      text: environmentText(environment),
      notes: [
        `next: staithe deploy ${environment.name} --project ${options.project} --release latest --follow`,
      ],
    };
  },
});
