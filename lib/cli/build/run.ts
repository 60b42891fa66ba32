import { command } from '../command.ts';
import { followToResult, stillRunning } from '../follow/run.ts';
import { flag } from '../option.ts';
import { runText } from './view.ts';

export const run = command({
  name: 'run',
  summary: 'Run a build (again)',
  args: { build: 'id of the build (bld_…)' },
  options: { follow: flag('--follow', 'stay until the run has ended') },
  examples: ['staithe build run bld_01JZX3V5N8Q2R4T6W8Y0A1B2C3 --follow'],
  calls: ['createRun', 'getRun', 'getBuildLogs', 'listJobs'],
  async run({ args, options }, { api, terminal }) {
    const started = await api.call('createRun', { params: { build: args.build } });
    if (!options.follow) return { json: started, text: runText(started), notes: stillRunning(started) };
    const ended = await followToResult(api, terminal, started);
    if (terminal.json) return undefined;
    const { items: jobs } = await api.call('listJobs', { params: { run: ended.id } });
    return {
      json: ended,
      text: runText(ended, jobs),
      notes: [`next: staithe build artifacts ${args.build}`],
    };
  },
});
