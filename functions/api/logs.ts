import { cloudWatchLogs } from '../../lib/aws/logs.ts';
import { dynamoTable } from '../../lib/aws/table.ts';
import { clock } from '../../lib/aws/world.ts';
import { DIAGNOSIS_ROUTES } from '../../lib/contract/routes/diagnosis.ts';
import { LOG_ROUTES } from '../../lib/contract/routes/logs.ts';
import * as Build from '../../lib/domain/build/index.ts';
import { diagnose } from '../../lib/domain/diagnosis/report.ts';
import * as Log from '../../lib/domain/log/index.ts';
import { logAnswer } from '../../lib/http/log-answer.ts';
import { serve } from '../../lib/http/serve.ts';

const ports = { table: dynamoTable(), logs: cloudWatchLogs(), clock };

export const handler = serve(
  'logs',
  { ...LOG_ROUTES, ...DIAGNOSIS_ROUTES },
  {
    getBuildLogs: async ({ actor, params, query }) => {
      const source = async () => {
        const run = await Build.runOf(ports, actor, params.build, query.run);
        return run && Log.ofRun(ports, run, query);
      };
      return logAnswer(
        await Log.read(ports, source, {
          ...query,
          log: `${params.build} ${query.run ?? 'newest'}`,
          platform: query.platform === 'true',
        }),
        query,
      );
    },
    getBuildDiagnosis: ({ actor, params, query }) => diagnose(ports, actor, params.build, query.run),
    getJobLogs: async ({ actor, params, query }) => {
      const source = () => Log.ofJob(ports, actor, params.job);
      return logAnswer(
        await Log.read(ports, source, { ...query, log: params.job, platform: query.platform === 'true' }),
        query,
      );
    },
  },
);
