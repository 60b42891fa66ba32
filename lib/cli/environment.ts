/** `staithe environment`. */
import type { Environment, FunctionLogLine } from './api/resources.ts';
import { type CommandGroup, command } from './command/command.ts';
import { listCommand } from './command/list.ts';
import { flag, projectOption, requiredText, text } from './command/option.ts';
import { TIMES, timeOf } from './command/time.ts';
import { set } from './environments/set.ts';
import { targetName } from './environments/targets/index.ts';
import { environmentText } from './environments/text.ts';
import { logDetails, logOptions, printLines } from './follow/print-log.ts';
import { jsonText } from './terminal/json.ts';
import { confirm } from './terminal/prompt.ts';

const args = { environment: 'Environment name' };

const list = listCommand({
  summary: 'List the environments of a project',
  options: { project: projectOption },
  examples: ['staithe environment list --project hello'],
  calls: ['listEnvironments'],
  columns: [
    { title: 'name', value: (environment: Environment) => environment.name },
    { title: 'target', value: (environment) => targetName(environment.target) },
    { title: 'service', value: (environment) => environment.service },
    { title: 'release', value: (environment) => environment.current_release_id },
    { title: 'url', value: (environment) => environment.url },
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

const holdCommand = command({
  name: 'hold',
  summary: 'Hold the automatic promotions to an environment',
  details: 'People can still deploy. A rollback sets a hold too.',
  args,
  options: {
    project: projectOption,
    reason: requiredText('--reason <text>', 'Why: shown to everybody who waits'),
  },
  examples: ['staithe environment hold production --project hello --reason "Investigating an incident"'],
  calls: ['holdEnvironment'],
  async run({ args, options }, { api }) {
    const environment = await api.call('holdEnvironment', {
      params: { project: options.project, environment: args.environment },
      body: { reason: options.reason },
    });
    return {
      json: environment,
      text: environmentText(environment),
      notes: [`next: staithe environment resume ${args.environment} --project ${options.project}`],
    };
  },
});

const resume = command({
  name: 'resume',
  summary: 'Resume the automatic promotions to an environment',
  args,
  options: { project: projectOption },
  examples: ['staithe environment resume production --project hello'],
  calls: ['resumeEnvironment'],
  async run({ args, options }, { api }) {
    const environment = await api.call('resumeEnvironment', {
      params: { project: options.project, environment: args.environment },
    });
    return { json: environment, text: environmentText(environment) };
  },
});

const remove = command({
  name: 'delete',
  summary: 'Delete an environment and keep its function or site',
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
      text: `Deleted environment ${args.environment} and kept what it deployed`,
    };
  },
});

export const environment: CommandGroup = {
  name: 'environment',
  commands: [set, list, show, logs, holdCommand, resume, remove],
};
