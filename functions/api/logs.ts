import { cloudWatchFunctionLogs } from '../../lib/aws/function-logs.ts';
import { cloudWatchLogs } from '../../lib/aws/logs.ts';
import { embeddedProcessLogs } from '../../lib/aws/processes/logs.ts';
import { dynamoTable } from '../../lib/aws/table.ts';
import { clock, randomness } from '../../lib/aws/world.ts';
import { DIAGNOSIS_ROUTES } from '../../lib/contract/routes/diagnosis.ts';
import { LOG_ROUTES } from '../../lib/contract/routes/logs.ts';
import * as Build from '../../lib/domain/builds/index.ts';
import { ofDeployment } from '../../lib/domain/deployment/jobs/log.ts';
import { read as readFunctionLog } from '../../lib/domain/deployment/log.ts';
import { diagnose } from '../../lib/domain/diagnosis/report.ts';
import * as Environment from '../../lib/domain/environment/index.ts';
import * as Log from '../../lib/domain/log/index.ts';
import * as Project from '../../lib/domain/project/index.ts';
import { functionLogAnswer, logAnswer } from '../../lib/http/log-answer.ts';
import { serve } from '../../lib/http/serve.ts';

const ports = {
  table: dynamoTable(),
  logs: cloudWatchLogs(),
  functionLogs: cloudWatchFunctionLogs(),
  processLogs: embeddedProcessLogs(),
  clock,
  randomness,
};

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
    getDeploymentLogs: async ({ actor, params, query }) => {
      const source = () => ofDeployment(ports, actor, params.deployment);
      return logAnswer(
        await Log.read(ports, source, {
          ...query,
          log: params.deployment,
          platform: query.platform === 'true',
        }),
        query,
      );
    },
    getEnvironmentLogs: async ({ actor, params, query }) => {
      const project = await Project.resolve(ports, actor, params.project);
      const { value } = await Environment.read(ports, project, params.environment);
      const reading = { ...query, platform: query.platform === 'true' };
      return functionLogAnswer(await readFunctionLog(ports, value, reading), query);
    },
  },
  ports,
);
