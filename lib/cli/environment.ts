/** `staithe environment`. */
import type { Environment, FunctionLogLine } from './api/resources.ts';
import { type CommandGroup, command } from './command/command.ts';
import { listCommand } from './command/list.ts';
import { choice, flag, integer, pairs, projectOption, text, list as textList } from './command/option.ts';
import { TIMES, timeOf } from './command/time.ts';
import { findEnvironment } from './environments/find.ts';
import { usageFailure } from './failure/failure.ts';
import { logDetails, logOptions, printLines } from './follow/print-log.ts';
import { moment } from './terminal/format.ts';
import { jsonText } from './terminal/json.ts';
import { confirm } from './terminal/prompt.ts';
import { fields } from './terminal/table.ts';

const args = { environment: 'Environment name' };

function healthyStatuses({ health_status: statuses, health_follow: follow }: Environment): string {
  const text = statuses.length === 0 ? '200 to 299' : statuses.join(', ');
  return follow ? `${text}, after redirects` : text;
}

function environmentText(environment: Environment): string {
  const { target } = environment;
  const variables = Object.entries(environment.variables).map(([name, value]) => `${name}=${value}`);
  return fields([
    ['environment', environment.name],
    ['project', environment.project_id],
    ['function', target.function_name],
    ['runtime', `${target.runtime}, ${target.handler}, ${target.architecture}`],
    ['limits', `${target.memory_mb} MB, ${target.timeout_seconds}s`],
    ['service', environment.service],
    ['health path', environment.health_path],
    ['healthy statuses', healthyStatuses(environment)],
    ['variables', variables.join('\n') || undefined],
    ['release', environment.current_release_id ?? 'none'],
    ['deployment', environment.active_deployment_id ?? environment.current_deployment_id],
    ['url', environment.preview_url],
    ['updated', moment(environment.updated_at)],
  ]);
}

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

const set = command({
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
  },
  examples: [
    'staithe environment set test --project hello --function hello-test --health-path /health',
    'staithe environment set test --project hello --memory 512 --variable GREETING=Ahoy',
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

const list = listCommand({
  summary: 'List the environments of a project',
  options: { project: projectOption },
  examples: ['staithe environment list --project hello'],
  calls: ['listEnvironments'],
  columns: [
    { title: 'name', value: (environment: Environment) => environment.name },
    { title: 'function', value: (environment) => environment.target.function_name },
    { title: 'service', value: (environment) => environment.service },
    { title: 'release', value: (environment) => environment.current_release_id },
    { title: 'url', value: (environment) => environment.preview_url },
  ],
  readPage: ({ options }, api, query) =>
    api.call('listEnvironments', { params: { project: options.project }, query }),
  nextWhenEmpty: ({ options }) =>
    `staithe environment set test --project ${options.project} --function <name>`,
});

const show = command({
  name: 'show',
  summary: 'Show an environment',
  args,
  options: { project: projectOption },
  examples: ['staithe environment show test --project hello'],
  calls: ['getEnvironment'],
  async run({ args, options }, { api }) {
    const environment = await api.call('getEnvironment', {
      params: { project: options.project, environment: args.environment },
    });
    return { json: environment, text: environmentText(environment) };
  },
});

const logs = command({
  name: 'logs',
  summary: 'Print the log of the function of an environment',
  details:
    'Prints the output of the function since one hour ago, or since --since. Values of environment variables whose name ' +
    `marks them as secret are masked. ${logDetails('version')}`,
  args,
  options: {
    project: projectOption,
    since: text('--since <time>', `Start of the log (default: 1h): ${TIMES}`),
    ...logOptions,
    follow: { ...logOptions.follow, description: 'Wait for new lines until Ctrl-C' },
    platform: { ...logOptions.platform, description: 'Include the lines of Lambda (START, END, REPORT)' },
  },
  examples: [
    'staithe environment logs test --project hello --follow',
    'staithe environment logs test --project hello --since 10m',
    'staithe environment logs test --project hello --tail 50 --json',
  ],
  calls: ['getEnvironmentLogs'],
  async run({ args, options }, { api, terminal }) {
    const params = { project: options.project, environment: args.environment };
    const since = options.since === undefined ? {} : { since: timeOf('--since', options.since) };
    const calls = options.follow ? api.persistent(terminal.note) : api;
    const readPage = (query: object) =>
      calls.call('getEnvironmentLogs', { params, query: { ...since, ...query } });
    const sourceOf = (line: FunctionLogLine) => line.version;
    const printed = await printLines(terminal, readPage, { sourceOf, sourceCount: 1 }, options);
    const { asDocument, items, count } = printed;
    const text = asDocument ? jsonText({ items }, 2) : '';
    if (count > 0) return asDocument ? { json: { items }, text } : undefined;
    const span = options.since === undefined ? 'in the last hour' : `since ${options.since}`;
    return {
      json: { items },
      text,
      notes: [
        `No log lines ${span}.`,
        `next: staithe environment show ${args.environment} --project ${options.project}`,
      ],
    };
  },
});

const remove = command({
  name: 'delete',
  summary: 'Delete an environment and keep its function',
  details: 'Asks for confirmation.',
  args,
  options: { project: projectOption, yes: flag('--yes', 'Skip the confirmation') },
  examples: ['staithe environment delete test --project hello --yes'],
  calls: ['deleteEnvironment'],
  async run({ args, options }, { api }) {
    if (!options.yes) await confirm(`Deleting environment ${args.environment}`, args.environment);
    await api.call('deleteEnvironment', {
      params: { project: options.project, environment: args.environment },
    });
    return {
      json: { project: options.project, environment: args.environment, deleted: true },
      text: `Deleted environment ${args.environment} and kept its function`,
    };
  },
});

export const environment: CommandGroup = { name: 'environment', commands: [set, list, show, logs, remove] };
