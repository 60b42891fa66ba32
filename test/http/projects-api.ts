/** The routes of projects on ports in memory, wired as in functions/api. */
import { ROUTES } from '../../lib/contract/routes.ts';
import type { RequestActor } from '../../lib/domain/access/actor.ts';
import { idFrom } from '../../lib/domain/id.ts';
import * as Project from '../../lib/domain/project/index.ts';
import { type Handlers, serve } from '../../lib/http/serve.ts';
import { ADMIN, knownAdmin, type World, world } from '../domain/world.ts';
import { type Sent, send } from './api.ts';
import { credentialOf } from './credentials.ts';

export function builds(): Handlers<'builds'> {
  const unused = async () => Promise.reject(new Error('not in this test'));
  return {
    createBuild: unused,
    listBuilds: unused,
    listAllBuilds: unused,
    getBuild: unused,
    createRun: unused,
    listRuns: unused,
    listBuildArtifacts: unused,
    cancelBuild: unused,
    getRun: unused,
    listJobs: unused,
    cancelRun: unused,
  };
}

type SentBy = Sent & { readonly actor?: RequestActor };

export class ProjectsApi {
  readonly place: World;

  private constructor(place: World) {
    this.place = place;
  }

  static async start(): Promise<ProjectsApi> {
    const place = await world();
    await knownAdmin(place.ports);
    return new ProjectsApi(place);
  }

  handler(create = Project.create) {
    const { ports } = this.place;
    return serve(
      'projects',
      ROUTES,
      {
        createProject: ({ actor, body, seed }) => create(ports, actor, body, seed && idFrom('project', seed)),
        listProjects: ({ actor, query }) => Project.list(ports, actor, query),
        getProject: ({ actor, params }) => Project.resolve(ports, actor, params.project),
        updateProject: ({ actor, params, body }) => Project.update(ports, actor, params.project, body),
        syncManifest: async () => Promise.reject(new Error('not in this test')),
        getManifest: async () => Promise.reject(new Error('not in this test')),
        deleteProject: ({ actor, params }) => Project.remove(ports, actor, params.project),
      },
      ports,
    );
  }

  /** A request of the admin, or of another actor. */
  async call({ actor = ADMIN, ...sent }: SentBy, handler: Parameters<typeof send>[0] = this.handler()) {
    return send(handler, { token: await credentialOf(this.place.ports, actor), ...sent });
  }

  create(body: unknown, more: Partial<SentBy> = {}, handler = this.handler()) {
    return this.call({ operation: 'createProject', body, ...more }, handler);
  }
}
