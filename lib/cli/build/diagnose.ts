import { command } from '../command.ts';
import { text } from '../option.ts';
import { diagnosisText } from './diagnosis-view.ts';

export const diagnose = command({
  name: 'diagnose',
  summary: 'Find out why a build failed, and what to do next',
  details:
    'Shows what was to be built, all runs, the jobs and artifacts of the newest (or of the one that is named), the ' +
    'failing step with the Dockerfile stage of an image, the error code with a hint, the last 30 lines of the log (of the job that failed), ' +
    'and the commands to try next. It ends with exit code 0 whatever the build did: it reports, and does not judge.',
  args: { build: 'id of the build (bld_…)' },
  options: { run: text('--run <run>', 'of this run (run_…) and not of the newest') },
  examples: [
    'staithe build diagnose bld_01JZX3V5N8Q2R4T6W8Y0A1B2C3',
    'staithe build diagnose bld_01JZX3V5N8Q2R4T6W8Y0A1B2C3 --json',
  ],
  calls: ['getBuildDiagnosis'],
  async run({ args, options }, { api }) {
    const diagnosis = await api.call('getBuildDiagnosis', {
      params: { build: args.build },
      query: options.run === undefined ? {} : { run: options.run },
    });
    return { json: diagnosis, text: diagnosisText(diagnosis) };
  },
});
