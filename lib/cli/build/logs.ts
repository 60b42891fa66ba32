import { command } from '../command.ts';
import { LOG_DETAILS, logOptions, printLog } from '../follow/print-log.ts';
import { hasEnded, runFailure, stillRunning } from '../follow/run.ts';
import { text } from '../option.ts';

export const logs = command({
  name: 'logs',
  summary: 'Print the log of a build',
  details: `${LOG_DETAILS} Where there is no log it says why: the run took the artifacts of another, or ended before a job began. With --follow it ends with exit code 6 when the run failed or was cancelled.`,
  args: { build: 'id of the build (bld_…)' },
  options: {
    run: text('--run <run>', 'of this run (run_…) and not of the newest'),
    job: text('--job <job>', 'of this job (job_…) only'),
    service: text('--service <service>', 'of the jobs of this service only'),
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
    const asked = { ...(run && { run: run.id }), ...(job && { job }), ...(service && { service }) };
    const calls = options.follow ? api.patient(terminal.note) : api;
    const readLog = (query: object) =>
      calls.call('getBuildLogs', { params: { build: args.build }, query: { ...asked, ...query } });
    const of = options.run === undefined ? args.build : `${args.build} --run ${options.run}`;
    const whose = {
      follow: `staithe build logs ${of} --follow`,
      explain: run === null ? `staithe build run ${args.build} --follow` : `staithe build diagnose ${of}`,
    };
    const jobs = job ? 1 : (run?.job_ids.length ?? 0);
    const printed = await printLog(terminal, readLog, { jobs, whose }, options);
    if (!options.follow || run === null) return printed;
    const ended = await calls.call('getRun', { params: { run: run.id } });
    if (hasEnded(ended) && ended.status !== 'completed') throw runFailure(ended);
    return terminal.json || options.format === 'json' || options.format === 'jsonl' ? undefined : printed;
  },
});
