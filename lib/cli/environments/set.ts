/** `staithe environment set`. */
import { command } from '../command/command.ts';
import { choice, integer, pairs, projectOption, text, list as textList } from '../command/option.ts';
import { usageFailure } from '../failure/failure.ts';
import { findEnvironment } from './find.ts';
import { ruleOptions, rulesBody } from './rules.ts';
import { environmentText } from './text.ts';

/** Without the values that are undefined. */
function defined<Values extends object>(
  values: Values,
): { [Name in keyof Values]?: Exclude<Values[Name], undefined> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Name in keyof Values]?: Exclude<Values[Name], undefined> };
}

/** The server refuses values that are not numbers, and names the field. */
function statusesOf(words: readonly string[]): number[] | undefined {
  if (words.length === 0) return undefined;
  if (!words.includes('default')) return words.map(Number);
  if (words.every((word) => word === 'default')) return [];
  throw usageFailure(
    '--health-status default cannot be combined with other statuses.',
    'List every healthy status, or use only `--health-status default` (200-299).',
  );
}

export const set = command({
  name: 'set',
  summary: 'Create or change an environment',
  details:
    'Settings that are not specified keep their value; in a new environment they get the default of the server.',
  args: { environment: 'Environment name: a-z, 0-9 and -' },
  options: {
    project: projectOption,
    function: text('--function <name>', 'Lambda function; required for a new environment'),
    service: text('--service <name>', 'Service of the release that is deployed here'),
    runtime: text('--runtime <runtime>', 'Runtime of the function, e.g. nodejs24.x'),
    handler: text('--handler <handler>', 'Handler of the function, e.g. index.handler'),
    memory: integer('--memory <MB>', 'Memory of the function, 128 to 10240 MB'),
    timeout: integer('--timeout <seconds>', 'Timeout of the function, 1 to 900 seconds'),
    architecture: choice('--architecture <architecture>', 'Architecture of the function', [
      'arm64',
      'x86_64',
    ]),
    healthPath: text(
      '--health-path <path>',
      'Path that must respond before a deployment succeeds, e.g. /health',
    ),
    healthStatus: textList(
      '--health-status <status>',
      'Healthy HTTP status (default: 200-299); `default` restores the default',
    ),
    healthFollow: choice('--health-follow <yes-or-no>', 'Whether to follow redirects to the same host', [
      'yes',
      'no',
    ]),
    variable: pairs('--variable <NAME=value>', 'Environment variable of the function'),
    removeVariable: textList('--remove-variable <NAME>', 'Remove an environment variable'),
    ...ruleOptions,
  },
  examples: [
    'staithe environment set test --project hello --function hello-test --health-path /health',
    'staithe environment set test --project hello --memory 512 --variable GREETING=Ahoy',
    'staithe environment set production --project hello --function hello-production --after test --soak 30m --approvals 2 --concurrency queue',
    'staithe environment set production --project hello --freeze "fri 16:00..mon 08:00 Europe/Berlin"',
  ],
  calls: ['getEnvironment', 'putEnvironment'],
  async run({ args, options }, { api }) {
    const params = { project: options.project, environment: args.environment };
    const current = await findEnvironment(api, params);
    const function_name = options.function ?? current?.target.function_name;
    if (function_name === undefined)
      throw usageFailure(
        `Environment ${args.environment} does not exist, and a new one requires a function.`,
        'Add --function <name>.',
      );
    const variables = { ...current?.variables, ...options.variable };
    for (const name of options.removeVariable) delete variables[name];
    const environment = await api.call('putEnvironment', {
      params,
      body: {
        target: {
          ...current?.target,
          kind: 'lambda',
          function_name,
          ...defined({
            runtime: options.runtime,
            handler: options.handler,
            memory_mb: options.memory,
            timeout_seconds: options.timeout,
            architecture: options.architecture,
          }),
        },
        variables,
        ...rulesBody(options, current),
        ...defined({
          service: options.service ?? current?.service,
          health_path: options.healthPath ?? current?.health_path,
          health_status: statusesOf(options.healthStatus) ?? current?.health_status,
          health_follow:
            options.healthFollow === undefined ? current?.health_follow : options.healthFollow === 'yes',
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
