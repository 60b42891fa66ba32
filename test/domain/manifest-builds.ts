/** Builds whose manifests set environments. */
import type { TokenActor } from '../../lib/domain/access/actor.ts';
import { chainPending } from '../../lib/domain/audit/append.ts';
import * as Audit from '../../lib/domain/audit/read.ts';
import type { AuditEntry } from '../../lib/domain/audit/schema.ts';
import * as Build from '../../lib/domain/builds/index.ts';
import { CreateBuild } from '../../lib/domain/builds/schema.ts';
import * as Environment from '../../lib/domain/environment/index.ts';
import { PutEnvironment } from '../../lib/domain/environment/schema.ts';
import * as Run from '../../lib/domain/execution/runs.ts';
import { ADMIN, planRun, uploadedSource, world } from './world.ts';

export const SHA = 'c0ffee1'.padEnd(40, '0');
export const TARGET = { kind: 'lambda', function_name: 'shop' };

/** Environments as JSON, which is YAML too. */
const manifest = (environments: unknown) => JSON.stringify({ services: { web: {} }, environments });

interface Asked {
  readonly input?: Partial<CreateBuild> & { readonly pushed_at?: string };
  readonly actor?: TokenActor;
}

export type ManifestBuilds = Awaited<ReturnType<typeof manifestBuilds>>;

export async function manifestBuilds() {
  const place = await world();
  const { ports, project } = place;
  return {
    place,
    async built(environments: unknown, { input = {}, actor = ADMIN }: Asked = {}) {
      ports.clock.advance(1000);
      const source_id = await uploadedSource(place, { 'staithe.yaml': manifest(environments) });
      const { pushed_at, ...rest } = input;
      const asked = { source_id, git_ref: 'main', git_sha: SHA, force_rebuild: true, ...rest };
      const body = { ...CreateBuild.parse(asked), ...(pushed_at !== undefined && { pushed_at }) };
      const build = await Build.create(ports, actor, project, body);
      if (build.latest_run === null) throw new Error('The build has no run.');
      await planRun(place, build.latest_run.id);
      return Build.show(ports, ADMIN, build.id);
    },
    async rerun(id: string) {
      ports.clock.advance(1000);
      const run = await Run.rerun(ports, { ...ADMIN, role: 'deployer' }, await Build.get(ports, ADMIN, id));
      await planRun(place, run.id);
    },
    async audited(): Promise<AuditEntry[]> {
      await chainPending(ports, project.id);
      return (await Audit.list(ports, ADMIN, { limit: 100, project: project.id })).items;
    },
    names: async () => (await Environment.all(ports, project)).map(({ name }) => name),
    show: async (name: string) => (await Environment.read(ports, project, name)).value,
    put: (name: string, input: object) =>
      Environment.put(ports, project, name, PutEnvironment.parse(input), ADMIN),
  };
}
