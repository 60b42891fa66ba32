/** Reads all that the rules of an environment ask about, for the deployments that wait there: two requests in a row. */
import { type Frozen, freezeAt } from '../environment/freeze.ts';
import type { Environment } from '../environment/schema.ts';
import type { Ports } from '../ports/index.ts';
import type { Check, Item, Key, Table } from '../ports/table.ts';
import { projectIn, slugIn } from '../project/find.ts';
import type { Project } from '../project/schema.ts';
import { releases } from '../release/record.ts';
import type { Release } from '../release/schema.ts';
import type { Stored } from '../storage/collection.ts';
import { Keys } from '../storage/keys.ts';
import type { Situation } from './gates.ts';
import type { Deployment } from './schema.ts';
import { sinceIn } from './success.ts';

export interface Surroundings {
  readonly project: Stored<Project>;
  release(id: string): Stored<Release> | undefined;
  /** Of the transaction that lets it begin: a line that is stopped and a release that is yanked at this very moment count. */
  unchanged(deployment: Deployment): Check[];
  /** @throws Error when the release is gone */
  situationOf(deployment: Deployment): Situation;
}

/** What DynamoDB reads at once (docs: BatchGetItem). */
const BATCH = 100;

async function readItems(table: Table, keys: readonly Key[]): Promise<Map<string, Item>> {
  const pages = Array.from({ length: Math.ceil(keys.length / BATCH) }, (_, at) =>
    table.getMany(keys.slice(at * BATCH, (at + 1) * BATCH)),
  );
  return new Map((await Promise.all(pages)).flat().map((item) => [nameOf(item), item]));
}

const nameOf = ({ pk, sk }: Key): string => `${pk}\n${sk}`;

/** @param unrecorded a release of which only a plan is asked @returns undefined when the project is gone */
export async function surroundingsOf(
  ports: Pick<Ports, 'table' | 'clock'>,
  environment: Environment,
  deployments: readonly Deployment[],
  knownSlug?: string,
  unrecorded?: Release,
): Promise<Surroundings | undefined> {
  const { table, clock } = ports;
  const { project_id: projectId, after } = environment;
  const slug = knownSlug ?? slugIn(await table.get(Keys.projectAlias(projectId)));
  if (slug === undefined) return undefined;
  const ids = [...new Set(deployments.map(({ release_id: id }) => id))];
  const approvers = [
    ...new Set(deployments.flatMap(({ decisions }) => decisions.map(({ user_id: id }) => id))),
  ];
  const successKey = (release: string, name: string) => Keys.success(projectId, name, release);
  const items = await readItems(table, [
    Keys.project(slug),
    ...ids.map(Keys.release),
    ...ids.flatMap((id) => after.map((name) => successKey(id, name))),
    ...after.map((name) => Keys.environment(projectId, name)),
    ...approvers.map(Keys.user),
  ]);
  const project = projectIn(items.get(nameOf(Keys.project(slug))));
  if (project === undefined || project.value.id !== projectId) return undefined;
  const now = clock.now();
  const frozen: Frozen | undefined = await freezeAt(environment.freeze, now);
  const disabled = new Set(approvers.filter((id) => items.get(nameOf(Keys.user(id)))?.status !== 'active'));
  const release = (id: string) => {
    const item = items.get(nameOf(Keys.release(id)));
    if (item !== undefined) return releases.read(item);
    return unrecorded?.id === id ? { value: unrecorded, revision: 0 } : undefined;
  };
  return {
    project,
    release,
    unchanged({ release_id: id }) {
      const stored = release(id);
      return [
        { check: Keys.project(slug), when: { revision: project.revision } },
        ...(stored === undefined ? [] : [{ check: Keys.release(id), when: { revision: stored.revision } }]),
      ];
    },
    situationOf(deployment) {
      const { release_id: id } = deployment;
      const stored = release(id);
      if (stored === undefined) throw new Error(`There is no release ${id}.`);
      const succeeded = after.flatMap((name): [string, Date][] => {
        const since = sinceIn(items.get(nameOf(successKey(id, name))));
        const there = items.get(nameOf(Keys.environment(projectId, name)));
        // What succeeded in an environment that was deleted since has proved nothing in one of the same name.
        const isSame =
          typeof there?.created_at === 'string' && since !== undefined && since >= new Date(there.created_at);
        return isSame ? [[name, since]] : [];
      });
      return {
        deployment,
        environment,
        project: project.value,
        release: stored.value,
        succeeded: new Map(succeeded),
        frozen,
        disabled,
        now,
      };
    },
  };
}
