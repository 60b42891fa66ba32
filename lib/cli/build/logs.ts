import type { Api } from '../api.ts';
import { command } from '../command.ts';
import { LOG_DETAILS, logOptions, printLog } from '../follow/print-log.ts';
import { hasEnded, runFailure, stillRunning } from '../follow/run.ts';
import { text } from '../option.ts';
import type { Run } from '../resources.ts';
import { clean } from '../terminal/clean.ts';

/** Why an ended run has no log, and where there is one. */
async function withoutLog(api: Api<'getRun'>, run: Run): Promise<string[]> {
  if (run.reused_from !== undefined) {
    const earlier = await api.call('getRun', { params: { run: run.reused_from } });
    return [
      `nothing was built: ${run.id} has the artifacts of ${earlier.id}`,
      `next: staithe build logs ${earlier.build_id} --run ${earlier.id}`,
    ];
  }
  const why = run.error === undefined ? '' : `: ${clean(run.error.message)}`;
  const ended = run.status === 'cancelled' ? 'was cancelled' : run.status;
  return [
    `no job of ${run.id} was started; the run ${ended}${why}`,
    `next: staithe build diagnose ${run.build_id}`,
  ];
}

export const logs = command({
  name: 'logs',
  summary: 'Print the log of a build',
  details: `${LOG_DETAILS} With --follow it ends with exit code 6 when the run failed or was cancelled.`,
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
    if (run === null)
      return {
        json: { items: [] },
        text: '',
        notes: ['not run yet', `next: staithe build run ${args.build} --follow`],
      };
    if (hasEnded(run) && run.job_ids.length === 0) {
      if (options.follow && run.status !== 'completed') throw runFailure(run);
      return { json: { items: [] }, text: '', notes: await withoutLog(api, run) };
    }
    if (options.follow) terminal.onInterrupt(stillRunning(run));

    const { job, service } = options;
    const whose = { run: run.id, ...(job && { job }), ...(service && { service }) };
    const readLog = (query: object) =>
      api.call('getBuildLogs', { params: { build: args.build }, query: { ...whose, ...query } });
    const document = await printLog(terminal, readLog, job ? 1 : run.job_ids.length, options);
    if (!options.follow) return document;
    const ended = await api.call('getRun', { params: { run: run.id } });
    if (hasEnded(ended) && ended.status !== 'completed') throw runFailure(ended);
    return undefined;
  },
});
