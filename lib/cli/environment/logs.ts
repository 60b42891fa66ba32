import { command } from '../command.ts';
import { logDetails, logOptions, print } from '../follow/print-log.ts';
import { projectOption, text as textOption } from '../option.ts';
import type { FunctionLogLine } from '../resources.ts';
import { jsonText } from '../terminal/json.ts';
import { TIMES, timeOf } from '../time.ts';

export const logs = command({
  name: 'logs',
  summary: "Print the log of an environment's function",
  details:
    'What its function has printed in the last hour, or since a time. Values of variables that are secrets by their ' +
    `name are masked. ${logDetails('version')}`,
  args: { environment: 'its name' },
  options: {
    project: projectOption,
    since: textOption('--since <time>', `begin there (default: 1h ago): ${TIMES}`),
    ...logOptions,
    follow: { ...logOptions.follow, description: 'go on until Ctrl-C' },
    platform: { ...logOptions.platform, description: "also Lambda's own lines (START, END, REPORT)" },
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
    const calls = options.follow ? api.patient(terminal.note) : api;
    const readLog = (query: object) =>
      calls.call('getEnvironmentLogs', { params, query: { ...since, ...query } });
    const by = (line: FunctionLogLine) => line.version;
    const { whole, items, count } = await print(terminal, readLog, { by, count: 1 }, options);
    const text = whole ? jsonText({ items }, 2) : '';
    if (count > 0) return whole ? { json: { items }, text } : undefined;
    const when = options.since === undefined ? 'in the last hour' : `since ${options.since}`;
    return {
      json: { items },
      text,
      notes: [
        `no lines ${when}`,
        `next: staithe environment show ${args.environment} --project ${options.project}`,
      ],
    };
  },
});
