/** CodeBuild of the embedded cloud. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { accountQuotas } from '../quotas.ts';
import { type Action, AwsError, type Call, type Cloud, type Service } from '../service.ts';
import type { Build } from './build.ts';
import { Builds } from './builds.ts';
import { isLambda } from './compute.ts';
import { invalidInput, parseInput } from './input.ts';
import type { MachineOptions } from './machines.ts';
import { type Project, parseProject, projectArn, projectView } from './project.ts';
import { newBuild, type StartBuild, startBuildShape } from './start-build.ts';
import { type BuildStore, openBuildStore } from './store.ts';

/** How long StartBuild remembers an idempotency token (StartBuild reference). */
const TOKEN_MS = 5 * 60_000;
/** Ids on a page of ListBuilds. */
const PAGE = 100;

/** CodeBuild as other services of the cloud see it. */
export interface CodeBuildService extends Service {
  /** Settles when the build has ended; at once when it has already. */
  whenBuildEnds(buildId: string): Promise<void>;
}

/** Narrows what `cloud.service('codebuild')` gives. */
export function isCodeBuildService(service: Service): service is CodeBuildService {
  return 'whenBuildEnds' in service;
}

/** @param options where commands run, and how many machines are kept ready */
export function codebuild(cloud: Cloud, options: MachineOptions = {}): CodeBuildService {
  const store = openBuildStore(cloud.stateDir('codebuild'));
  const projects = new Map<string, Project>();
  const builds = new Builds(cloud, store, (name) => projects.get(name)?.concurrentBuildLimit, options);
  return {
    name: 'codebuild',
    actions: { ...buildActions(cloud, store, projects, builds), ...listActions(cloud, store, projects) },
    resources: {
      'AWS::CodeBuild::Project'({ properties, generatedName }) {
        const project = parseProject(cloud, properties, generatedName);
        projects.set(project.name, project);
        return { ref: project.name, attributes: { Arn: project.arn } };
      },
    },
    whenBuildEnds: (id) => builds.whenEnded(id),
    start: () => builds.recover(),
    async stop() {
      await builds.close();
      store.close();
    },
  };
}

const buildId = z.object({ id: z.string().min(1) });
const retryShape = z.object({ id: z.string().min(1), idempotencyToken: z.string().optional() });
const idsShape = z.object({ ids: z.array(z.string()).min(1).max(100) });
const namesShape = z.object({ names: z.array(z.string()).min(1).max(100) });
const listShape = z.object({
  sortOrder: z.enum(['ASCENDING', 'DESCENDING']).default('DESCENDING'),
  nextToken: z.string().regex(/^\d+$/).optional(),
});

function buildActions(
  cloud: Cloud,
  store: BuildStore,
  projects: ReadonlyMap<string, Project>,
  builds: Builds,
): Record<string, Action> {
  const start = (input: StartBuild, call: Call): { build: Build } => {
    const name = input.projectName.replace(/^arn:.*:project\//, '');
    call.authorize('codebuild:StartBuild', projectArn(cloud, name));
    const project = projects.get(name);
    if (!project) throw notFound(`Project cannot be found: ${projectArn(cloud, name)}`);
    const { idempotencyToken: token, ...asked } = input;
    const fingerprint = createHash('sha256').update(JSON.stringify(asked)).digest('hex');
    const earlier = token === undefined ? undefined : store.findRepeat(name, token);
    if (earlier && cloud.now() - earlier.started < TOKEN_MS) {
      if (earlier.fingerprint === fingerprint) return { build: earlier.build };
      throw invalidInput('A build with this idempotency token was started with other parameters.');
    }
    const { queuedBuilds } = accountQuotas(cloud);
    if (builds.waiting >= queuedBuilds) {
      throw new AwsError(
        'AccountLimitExceededException',
        `Cannot have more than ${queuedBuilds} builds in queue for the account`,
      );
    }
    const build = store.add(
      name,
      cloud.now(),
      (number) => newBuild(cloud, project, input, call.principal, number),
      token === undefined ? undefined : { token, fingerprint },
    );
    builds.submit(build);
    return { build };
  };
  const open = (id: string, action: string, call: Call): Build => {
    call.authorize(`codebuild:${action}`, projectArn(cloud, projectOf(id)));
    const build = store.find(idOf(id));
    if (!build) throw notFound(`Build ${id} cannot be found`);
    return build;
  };

  return {
    StartBuild: (raw, call) => start(parseInput(startBuildShape, raw), call),
    StopBuild(raw, call) {
      const build = open(parseInput(buildId, raw).id, 'StopBuild', call);
      builds.stop(build);
      return { build: store.find(build.id) };
    },
    RetryBuild(raw, call) {
      const { id } = parseInput(retryShape, raw);
      const build = open(id, 'RetryBuild', call);
      const again = startBuildShape.parse({
        projectName: build.projectName,
        ...overridesOf(build),
        ...(build.sourceVersion !== undefined && { sourceVersion: build.sourceVersion }),
      });
      return start(again, { ...call, principal: call.principal, authorize: () => {} });
    },
    BatchGetBuilds(raw, call) {
      const { ids } = parseInput(idsShape, raw);
      for (const id of ids) call.authorize('codebuild:BatchGetBuilds', projectArn(cloud, projectOf(id)));
      const found = ids.map((id) => store.find(idOf(id)));
      return {
        builds: found.filter((build) => build !== undefined),
        buildsNotFound: ids.filter((_, index) => !found[index]),
      };
    },
  };
}

function listActions(
  cloud: Cloud,
  store: BuildStore,
  projects: ReadonlyMap<string, Project>,
): Record<string, Action> {
  const list = (raw: unknown, project?: string) => {
    const { sortOrder, nextToken } = parseInput(listShape, raw);
    const from = nextToken === undefined ? undefined : Number(nextToken);
    const rows = store.list(project, sortOrder === 'ASCENDING', from, PAGE + 1);
    const page = rows.slice(0, PAGE);
    return {
      ids: page.map((row) => row.id),
      ...(rows.length > PAGE && { nextToken: String(page.at(-1)?.sequence) }),
    };
  };
  return {
    ListBuilds(raw, call) {
      call.authorize('codebuild:ListBuilds', '*');
      return list(raw);
    },
    ListBuildsForProject(raw, call) {
      const { projectName } = parseInput(z.object({ projectName: z.string().min(1) }), raw);
      call.authorize('codebuild:ListBuildsForProject', projectArn(cloud, projectName));
      if (!projects.has(projectName))
        throw notFound(`Project cannot be found: ${projectArn(cloud, projectName)}`);
      return list(raw, projectName);
    },
    ListProjects(_raw, call) {
      call.authorize('codebuild:ListProjects', '*');
      return { projects: [...projects.keys()].sort() };
    },
    BatchGetProjects(raw, call) {
      const names = parseInput(namesShape, raw).names.map((name) => name.replace(/^arn:.*:project\//, ''));
      for (const name of names) call.authorize('codebuild:BatchGetProjects', projectArn(cloud, name));
      const found = names.flatMap((name) => projects.get(name) ?? []);
      return {
        projects: found.map(projectView),
        projectsNotFound: names.filter((name) => !projects.has(name)),
      };
    },
  };
}

/** What a retry takes over from the build that it repeats. */
function overridesOf({ environment, timeoutInMinutes }: Build): Record<string, unknown> {
  const { type, image, computeType, privilegedMode, fleet, environmentVariables } = environment;
  const { imagePullCredentialsType } = environment;
  return {
    environmentTypeOverride: type,
    imageOverride: image,
    imagePullCredentialsTypeOverride: imagePullCredentialsType,
    computeTypeOverride: computeType,
    ...(fleet !== undefined && { fleetOverride: fleet }),
    environmentVariablesOverride: environmentVariables,
    ...(!isLambda(type) && {
      privilegedModeOverride: privilegedMode,
      timeoutInMinutesOverride: timeoutInMinutes,
    }),
  };
}

/** A build may be named by its id or its ARN. */
function idOf(idOrArn: string): string {
  return idOrArn.replace(/^arn:.*:build\//, '');
}

function projectOf(idOrArn: string): string {
  return idOf(idOrArn).replace(/:[^:]*$/, '');
}

function notFound(message: string): AwsError {
  return new AwsError('ResourceNotFoundException', message);
}
