import { command } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure.ts';
import { LOG_DETAILS, logOptions, printLog } from '../follow/print-log.ts';
import { errorLines } from '../follow/run.ts';

export const logs = command({
  name: 'logs',
  summary: 'Print the log of a job',
  details: `${LOG_DETAILS} With --follow it ends with exit code 6 when the job failed or was cancelled.`,
  args: { job: 'id of the job (job_…)' },
  options: logOptions,
  examples: [
    'staithe job logs job_01JZX3V5N8Q2R4T6W8Y0A1B2C3 --follow',
    'staithe job logs job_01JZX3V5N8Q2R4T6W8Y0A1B2C3 --tail 50',
  ],
  calls: ['getJob', 'getJobLogs'],
  async run({ args, options }, { api, terminal }) {
    if (options.follow)
      terminal.onInterrupt(['The job goes on. Look again with:', `  staithe job logs ${args.job} --follow`]);
    const calls = options.follow ? api.patient(terminal.note) : api;
    const readLog = (query: object) => calls.call('getJobLogs', { params: { job: args.job }, query });
    const whose = {
      follow: `staithe job logs ${args.job} --follow`,
      explain: `staithe job show ${args.job}`,
    };
    const printed = await printLog(terminal, readLog, { jobs: 1, whose }, options);
    if (!options.follow) return printed;
    const job = await calls.call('getJob', { params: { job: args.job } });
    if (job.status !== 'failed' && job.status !== 'cancelled')
      return terminal.json || options.format === 'json' || options.format === 'jsonl' ? undefined : printed;
    throw new Failure(
      EXIT.failed,
      {
        code: job.error?.code ?? job.status,
        detail: job.error?.message ?? `The job has ${job.status === 'failed' ? 'failed' : 'been cancelled'}.`,
        remedy: job.error?.hint ?? `staithe job show ${args.job}`,
      },
      { lines: job.error === undefined ? [] : errorLines(job.error) },
    );
  },
});
