/** CodeBuild with a project, for tests of its builds. */
import { z } from 'zod';
import { buildShape } from '../../src/codebuild/build.ts';
import { codebuild } from '../../src/codebuild/index.ts';
import type { MachineOptions } from '../../src/codebuild/machines.ts';
import type { Sandbox } from '../../src/codebuild/sandbox.ts';
import { logs } from '../../src/logs/index.ts';
import { OPERATOR, ROLE, scriptedCloud } from './scripted-cloud.ts';

const answer = z.object({ build: buildShape });
export const answers = z.object({ builds: z.array(buildShape) });

/** Why tests of builds that make images are skipped. */
export const NO_ROOTLESS =
  'images cannot be built without root here (bubblewrap, buildah, and for other users than root uidmap)';

export interface Setup {
  /** What the machine can, when it is absent. */
  readonly sandbox?: Sandbox;
  readonly reach?: MachineOptions['reach'];
  /** Machines that are kept ready: none, unless a test is about them. */
  readonly warmMachines?: number;
  readonly buildspec: string;
  readonly properties?: Record<string, unknown>;
}

/** A cloud with CodeBuild, logs and one project, `demo`. */
export async function codeBuildCloud({
  sandbox,
  reach,
  buildspec,
  properties = {},
  warmMachines = 0,
}: Setup) {
  const cloud = scriptedCloud();
  cloud.answers.set('events:PutServiceEvents', () => ({}));
  cloud.add(logs(cloud));
  const service = codebuild(cloud, { ...(sandbox && { sandbox }), ...(reach && { reach }), warmMachines });
  cloud.add(service);
  await cloud.provide('AWS::CodeBuild::Project', {
    Name: 'demo',
    ServiceRole: ROLE,
    Source: { Type: 'NO_SOURCE', BuildSpec: buildspec },
    Environment: {
      Type: 'LINUX_CONTAINER',
      Image: 'aws/codebuild/standard:7.0',
      ComputeType: 'BUILD_GENERAL1_SMALL',
    },
    Artifacts: { Type: 'NO_ARTIFACTS' },
    ...properties,
  });
  const call = cloud.as(OPERATOR);
  const start = async (input: Record<string, unknown> = {}) =>
    answer.parse(await call('codebuild', 'StartBuild', { projectName: 'demo', ...input })).build;
  const get = async (id: string) => {
    const [build] = answers.parse(await call('codebuild', 'BatchGetBuilds', { ids: [id] })).builds;
    if (!build) throw new Error(`no build ${id}`);
    return build;
  };
  const lines = async (stream: string | undefined, group = '/aws/codebuild/demo') => {
    const page = z.object({ events: z.array(z.object({ message: z.string() })) }).parse(
      await call('logs', 'GetLogEvents', {
        logGroupName: group,
        logStreamName: stream,
        startFromHead: true,
      }),
    );
    return page.events.map((event) => event.message);
  };
  const finish = async (input: Record<string, unknown> = {}) => {
    const { id } = await start(input);
    await service.whenBuildEnds(id);
    const build = await get(id);
    return { build, lines: await lines(build.logs.streamName) };
  };
  return { cloud, call, service, start, get, lines, finish, close: () => cloud.close() };
}

/** Lines of commands, without CodeBuild's own. */
export const own = (lines: string[]) => lines.filter((line) => !line.startsWith('[Container]'));
