import { command } from '../command.ts';
import { followToResult, stillRunning } from '../follow/run.ts';
import { flag } from '../option.ts';
import { runText } from './view.ts';

export const run = command({
  name: 'run',
  summary: 'Run a build (again)',
  args: { build: 'id of the build (bld_…)' },
  options: {
    failed: flag(
      '--failed',
      'only the jobs that the newest run did not complete; keep the artifacts of the others',
    ),
    follow: flag('--follow', 'stay until the run has ended'),
  },
  examples: [
    'staithe build run bld_01JZX3V5N8Q2R4T6W8Y0A1B2C3 --follow',
    'staithe build run bld_01JZX3V5N8Q2R4T6W8Y0A1B2C3 --failed --follow',
  ],
  calls: ['createRun', 'getRun', 'getBuildLogs', 'listJobs'],
  async run({ args, options }, { api, terminal }) {
    const started = await api.call('createRun', {
      params: { build: args.build },
      body: { jobs: options.failed ? 'failed' : 'all' },
    });
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
