/** A project with environments `test` and `production`, people, and releases that go from one to the other. */
import type { TokenActor } from '../../../lib/domain/access/actor.ts';
import { approve, reject } from '../../../lib/domain/deployment/approve.ts';
import type { CreateDeployment } from '../../../lib/domain/deployment/asked.ts';
import { cancel } from '../../../lib/domain/deployment/cancel.ts';
import * as Deployment from '../../../lib/domain/deployment/index.ts';
import { rollBackTo } from '../../../lib/domain/deployment/restore.ts';
import * as Environment from '../../../lib/domain/environment/index.ts';
import { PutEnvironment } from '../../../lib/domain/environment/schema.ts';
import { sweepDeployments } from '../../../lib/domain/sweep/deployments.ts';
import { users } from '../../../lib/domain/user/record.ts';
import type { MemoryPorts } from '../../memory/index.ts';
import { runDeployment } from '../../workflows/deployment.ts';
import { deployable, TARGET } from '../deploying.ts';
import { ADMIN, ULID } from '../world.ts';

/** @param digit tells people apart */
export const person = (name: string, digit: number, role: TokenActor['role'] = 'deployer'): TokenActor => ({
  kind: 'token',
  token_id: `tok_${ULID.slice(0, 25)}${digit}`,
  ...(role !== undefined && { role }),
  user: { id: `usr_${ULID.slice(0, 25)}${digit}`, name, ...(role !== undefined && { role }) },
});
export const ANNA = person('anna', 1);
export const BERT = person('bert', 2);
export const CLEO = person('cleo', 3);
export const DORA = person('dora', 4, 'admin');

/** Records people as users: an approval of somebody who is none does not count. */
export async function enrolled(
  { table, clock }: Pick<MemoryPorts, 'table' | 'clock'>,
  ...people: TokenActor[]
) {
  const at = clock.now().toISOString();
  for (const { user } of people)
    if (user !== undefined)
      await users.create(table, {
        id: user.id,
        name: user.name,
        status: 'active',
        grants: [],
        created_at: at,
        updated_at: at,
        created_by: 'operator',
      });
}

export async function ruled() {
  const scene = await deployable();
  const { place } = scene;
  const { ports, project } = place;
  await enrolled(ports, ANNA, BERT, CLEO, DORA);
  const PRODUCTION = { target: { ...TARGET, function_name: 'hello-production' } };
  const deployTo = (environment: string, release: string, more: Partial<CreateDeployment> = {}, by = ADMIN) =>
    Deployment.create(ports, by, project, environment, { release, ...more });
  const ruledScene = {
    ...scene,
    ports,
    project,
    deployTo,
    read: async (name: string) => (await Environment.read(ports, project, name)).value,
    production: (rules: object = {}) =>
      Environment.put(ports, project, 'production', PutEnvironment.parse({ ...PRODUCTION, ...rules })),
    test: (rules: object = {}) =>
      Environment.put(ports, project, 'test', PutEnvironment.parse({ target: TARGET, ...rules })),
    run: (id: string) => runDeployment(ports, id),
    /** Deploys to its end. */
    async through(environment: string, release: string, more: Partial<CreateDeployment> = {}) {
      const { id } = await deployTo(environment, release, more);
      ports.clock.advance(1000);
      await runDeployment(ports, id);
      return scene.show(id);
    },
    /** What a minute's sweep does. */
    sweep: () => sweepDeployments(ports, () => true),
    status: async (id: string) => (await scene.show(id)).status,
    rules: async (id: string) => (await scene.show(id)).waits_for.map(({ rule }) => rule),
    approve: async (id: string, by: TokenActor, reason?: string) =>
      approve(ports, by, id, { subject: (await scene.show(id)).subject ?? '', reason }),
    reject: (id: string, by: TokenActor, reason = 'no') => reject(ports, by, id, reason),
    cancel: (id: string, reason?: string) => cancel(ports, ADMIN, id, reason),
    rollBack: (environment: string, to?: string) => rollBackTo(ports, ADMIN, project, environment, { to }),
  };
  return ruledScene;
}
export type Ruled = Awaited<ReturnType<typeof ruled>>;
