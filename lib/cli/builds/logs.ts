/** `staithe build logs`. */
import { command } from '../command/command.ts';
import { text } from '../command/option.ts';
import { LOG_DETAILS, logOptions, printLog } from '../follow/print-log.ts';
import { hasEnded, runFailure, stillRunning } from '../follow/run.ts';

export const logs = command({
  name: 'logs',
  summary: 'Print the log of a build',
  details: `${LOG_DETAILS} If there is no log, the command prints the reason: the run reused artifacts, or ended before a job started. With --follow it exits with code 6 if the run failed or was cancelled.`,
  args: { build: 'Build id (bld_…)' },
  options: {
    run: text('--run <run>', 'Run id (run_…; default: the newest run)'),
    job: text('--job <job>', 'Only this job (job_…)'),
    service: text('--service <service>', 'Only the jobs of this service'),
    ...logOptions,
  },
  examples: [
    'staithe build logs bld_01JZX3V5N8Q2R4T6W8Y0A1B2C3 --follow',
    'staithe build logs bld_01JZX3V5N8Q2R4T6W8Y0A1B2C3 --service web --tail 50',
    'staithe build logs bld_01JZX3V5N8Q2R4T6W8Y0A1B2C3 --json',
  ],
  calls: ['getBuild', 'getRun', 'getBuildLogs'],
  async run({ args, options }, { api, terminal }) {
    const run =
      options.run === undefined
        ? (await api.call('getBuild', { params: { build: args.build } })).latest_run
        : await api.call('getRun', { params: { run: options.run } });
    if (options.follow && run !== null) terminal.onInterrupt(stillRunning(run));

    const { job, service } = options;
    const filter = { ...(run && { run: run.id }), ...(job && { job }), ...(service && { service }) };
    const calls = options.follow ? api.persistent(terminal.note) : api;
    const readPage = (query: object) =>
      calls.call('getBuildLogs', { params: { build: args.build }, query: { ...filter, ...query } });
    const words = options.run === undefined ? args.build : `${args.build} --run ${options.run}`;
    const next = {
      follow: `staithe build logs ${words} --follow`,
      explain: run === null ? `staithe build run ${args.build} --follow` : `staithe build diagnose ${words}`,
    };
    const jobs = job ? 1 : (run?.job_ids.length ?? 0);
    const printed = await printLog(terminal, readPage, { jobs, next }, options);
    if (!options.follow || run === null) return printed;
    const ended = await calls.call('getRun', { params: { run: run.id } });
    if (hasEnded(ended) && ended.status !== 'completed') throw runFailure(ended);
    return terminal.json || options.format === 'json' || options.format === 'jsonl' ? undefined : printed;
  },
});
