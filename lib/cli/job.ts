/** `staithe job`. */
import { lossInWords } from '../domain/execution/model/job.ts';
import { errorText } from './builds/view.ts';
import { type CommandGroup, command } from './command/command.ts';
import { EXIT } from './failure/exit-codes.ts';
import { Failure } from './failure/failure.ts';
import { LOG_DETAILS, logOptions, printLog } from './follow/print-log.ts';
import { errorLines } from './follow/run.ts';
import { moment, took } from './terminal/format.ts';
import { status } from './terminal/style.ts';
import { fields } from './terminal/table.ts';

const args = { job: 'Job id (job_…)' };

const show = command({
  name: 'show',
  summary: 'Show a job, which builds one service in a run',
  args,
  examples: ['staithe job show job_01JZX3V5N8Q2R4T6W8Y0A1B2C3'],
  calls: ['getJob'],
  async run({ args }, { api }) {
    const job = await api.call('getJob', { params: { job: args.job } });
    const text = fields([
      ['job', job.id],
      ['run', job.run_id],
      ['build', job.build_id],
      ['deployment', job.deployment_id],
      ['service', job.service],
      ['status', job.status, status],
      ['stage', `${job.stage} (${job.progress}%)`],
      ['attempt', job.attempt],
      ...job.lost_attempts.map((lost): [string, string] => ['lost', lossInWords(lost)]),
      ['took', took(job)],
      ['commands', job.spec.commands.join(' && ') || '-'],
      ['artifacts', job.artifact_ids.join(', ') || '-'],
      ['created', moment(job.created_at)],
    ]);
    return { json: job, text: job.error === undefined ? text : `${text}\n\n${errorText(job.error)}` };
  },
});

const logs = command({
  name: 'logs',
  summary: 'Print the log of a job',
  details: `${LOG_DETAILS} With --follow it exits with code 6 if the job failed or was cancelled.`,
  args,
  options: logOptions,
  examples: [
    'staithe job logs job_01JZX3V5N8Q2R4T6W8Y0A1B2C3 --follow',
    'staithe job logs job_01JZX3V5N8Q2R4T6W8Y0A1B2C3 --tail 50',
  ],
  calls: ['getJob', 'getJobLogs'],
  async run({ args, options }, { api, terminal }) {
    const follow = `staithe job logs ${args.job} --follow`;
    if (options.follow)
      terminal.onInterrupt(['The job is still running. To follow it again:', `  ${follow}`]);
    const calls = options.follow ? api.persistent(terminal.note) : api;
    const readPage = (query: object) => calls.call('getJobLogs', { params: { job: args.job }, query });
    const next = { follow, explain: `staithe job show ${args.job}` };
    const printed = await printLog(terminal, readPage, { jobs: 1, next }, options);
    if (!options.follow) return printed;
    const job = await calls.call('getJob', { params: { job: args.job } });
    if (job.status !== 'failed' && job.status !== 'cancelled')
      return terminal.json || options.format === 'json' || options.format === 'jsonl' ? undefined : printed;
    throw new Failure(
      EXIT.failed,
      {
        code: job.error?.code ?? job.status,
        detail:
          job.error?.message ?? (job.status === 'failed' ? 'The job failed.' : 'The job was cancelled.'),
        remedy: job.error?.hint ?? `staithe job show ${args.job}`,
      },
      { lines: job.error === undefined ? [] : errorLines(job.error) },
    );
  },
});

export const job: CommandGroup = { name: 'job', commands: [show, logs] };
