import { lossInWords } from '../../domain/execution/model/job.ts';
import { errorText } from '../build/view.ts';
import { command } from '../command.ts';
import { moment, took } from '../terminal/format.ts';
import { status } from '../terminal/style.ts';
import { fields } from '../terminal/table.ts';

export const show = command({
  name: 'show',
  summary: 'Show a job: the part of a run that builds one service',
  args: { job: 'id of the job (job_…)' },
  examples: ['staithe job show job_01JZX3V5N8Q2R4T6W8Y0A1B2C3'],
  calls: ['getJob'],
  async run({ args }, { api }) {
    const job = await api.call('getJob', { params: { job: args.job } });
    const text = fields([
      ['job', job.id],
      ['run', job.run_id],
      ['build', job.build_id],
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
