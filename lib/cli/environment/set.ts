import type { Api } from '../api.ts';
import { command } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { choice, integer, list, pairs, projectOption, text } from '../option.ts';
import type { Environment } from '../resources.ts';
import { environmentText } from './view.ts';

/** The environment as it is; undefined when there is none yet. */
async function present(
  api: Api<'getEnvironment'>,
  params: { project: string; environment: string },
): Promise<Environment | undefined> {
  const { ApiError } = await import('../../contract/client.ts');
  try {
    return await api.call('getEnvironment', { params });
  } catch (error) {
    if (error instanceof ApiError && error.problem.code === 'not_found') return undefined;
    throw error;
  }
}

/** Only what was given, so that the rest keeps what it is. */
function given<Value extends object>(
  values: Value,
): { [Name in keyof Value]?: Exclude<Value[Name], undefined> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Name in keyof Value]?: Exclude<Value[Name], undefined> };
}

/** What is no number is refused by the server, with the field's name. */
function statusesOf(named: readonly string[]): number[] | undefined {
  if (named.length === 0) return undefined;
  if (!named.includes('default')) return named.map(Number);
  if (named.every((one) => one === 'default')) return [];
  throw usageFailure(
    '--health-status default stands for 200-299 alone, and others are named beside it.',
    'Name each status that counts as healthy, or `--health-status default` and no other.',
  );
}

export const set = command({
  name: 'set',
  summary: 'Create an environment, or change it',
  details: 'What is not named keeps its value; in a new environment it gets the default of the server.',
  args: { environment: 'its name: a-z, 0-9 and -' },
  options: {
    project: projectOption,
    function: text('--function <name>', 'the Lambda function; needed for a new environment'),
    service: text('--service <name>', 'the service of a release that goes here'),
    runtime: text(
      '--runtime <runtime>',
      'of the function, e.g. nodejs24.x; the server names those that it has',
    ),
    handler: text('--handler <handler>', 'of the function, e.g. index.handler'),
    memory: integer('--memory <MB>', 'of the function, 128 to 10240'),
    timeout: integer('--timeout <seconds>', 'of the function, 1 to 900'),
    architecture: choice('--architecture <architecture>', 'of the function', ['arm64', 'x86_64']),
    healthPath: text('--health-path <path>', 'must answer before a deployment succeeds, e.g. /health'),
    healthStatus: list(
      '--health-status <status>',
      'HTTP status that counts as healthy (default: 200-299); `default` resets',
    ),
    healthFollow: choice('--health-follow <yes-or-no>', 'follow redirects to the same host', ['yes', 'no']),
    variable: pairs('--variable <NAME=value>', 'an environment variable of the function'),
    removeVariable: list('--remove-variable <NAME>', 'take this variable away'),
  },
  examples: [
    'staithe environment set test --project hello --function hello-test --health-path /health',
    'staithe environment set test --project hello --memory 512 --variable GREETING=Ahoy',
  ],
  calls: ['getEnvironment', 'putEnvironment'],
  async run({ args, options }, { api }) {
    const params = { project: options.project, environment: args.environment };
    const earlier = await present(api, params);
    const function_name = options.function ?? earlier?.target.function_name;
    if (function_name === undefined)
      throw usageFailure(
        `The environment ${args.environment} is new and needs a function.`,
        'Name it with --function <name>.',
      );
    const variables = { ...earlier?.variables, ...options.variable };
    for (const name of options.removeVariable) delete variables[name];
    const environment = await api.call('putEnvironment', {
      params,
      body: {
        target: {
          ...earlier?.target,
          kind: 'lambda',
          function_name,
          ...given({
            runtime: options.runtime,
            handler: options.handler,
            memory_mb: options.memory,
            timeout_seconds: options.timeout,
            architecture: options.architecture,
          }),
        },
        variables,
        ...given({
          service: options.service ?? earlier?.service,
          health_path: options.healthPath ?? earlier?.health_path,
          health_status: statusesOf(options.healthStatus) ?? earlier?.health_status,
          health_follow:
            options.healthFollow === undefined ? earlier?.health_follow : options.healthFollow === 'yes',
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
