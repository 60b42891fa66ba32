import { DiagnosisReport } from '../../domain/diagnosis/schema.ts';
import { Id } from '../../domain/id.ts';
import { route } from '../route.ts';

export const DIAGNOSIS_ROUTES = {
  getBuildDiagnosis: route({
    method: 'GET',
    path: '/v1/builds/{build}/diagnosis',
    group: 'logs',
    access: 'viewer',
    summary: 'Diagnose a build',
    params: { build: Id.build },
    query: { run: Id.run.optional() },
    success: {
      status: 200,
      body: DiagnosisReport,
      description:
        'The build with its runs, jobs and artifacts, the end of its log, the failed step with code and hint, and the commands to try next',
    },
  }),
} as const;
