import { command } from '../command.ts';
import { logFormatter, logPages } from '../follow/log.ts';
import { hasEnded, runFailure, stillRunning } from '../follow/run.ts';
import { flag, text } from '../option.ts';
import type { LogLine } from '../resources.ts';

export const logs = command({
  name: 'logs',
  summary: 'Print the log of a build',
  details:
    'Lines are [HH:MM:SS] and the text, with the service between when there are several. With --json it is one ' +
    'document {"items": […]}, and with --follow --json one line of JSON for each line of the log. With --follow ' +
    'it ends with exit code 6 when the run failed or was cancelled.',
  args: { build: 'id of the build (bld_…)' },
  options: {
    run: text('--run <run>', 'of this run (run_…) and not of the newest'),
    follow: flag('--follow', 'go on until the run has ended'),
    platform: flag('--platform', 'also the lines in which the build platform speaks of itself'),
  },
  examples: [
    'staithe build logs bld_01JZX3V5N8Q2R4T6W8Y0A1B2C3 --follow',
    'staithe build logs bld_01JZX3V5N8Q2R4T6W8Y0A1B2C3 --json',
  ],
  calls: ['getBuild', 'getRun', 'getBuildLogs'],
  async run({ args, options }, { api, terminal }) {
    const run =
      options.run === undefined
        ? (await api.call('getBuild', { params: { build: args.build } })).latest_run
        : await api.call('getRun', { params: { run: options.run } });
    if (run === null)
      return {
        json: { items: [] },
        text: '',
        notes: ['not run yet', `next: staithe build run ${args.build} --follow`],
      };
    if (options.follow) terminal.onInterrupt(stillRunning(run));

    const format = logFormatter(run.job_ids.length, process.stdout);
    const items: LogLine[] = [];
    for await (const lines of logPages(api, args.build, run.id, options))
      for (const line of lines) {
        if (!terminal.json) terminal.print(format(line));
        else if (options.follow) terminal.event(line);
        else items.push(line);
      }
    if (!options.follow) return terminal.json ? { json: { items }, text: '' } : undefined;
    const ended = await api.call('getRun', { params: { run: run.id } });
    if (hasEnded(ended) && ended.status !== 'completed') throw runFailure(ended);
    return undefined;
  },
});
