/** What audit logs must hold after kills: each is intact, and has whatever was acknowledged, once. */
import { eventually } from 'embedded-cloud/test-kit/patience.ts';
import { expect } from 'vitest';
import type { Client } from '../../lib/contract/client.ts';
import type { AuditLink } from '../../lib/domain/audit/schema.ts';
import { verifyChain } from '../../lib/domain/audit/verify.ts';
import type { Acknowledged, Kind } from './workload.ts';

/** What a request makes whose answer names it: a run is made with its build, and an environment is named by its path. */
const NAMED: readonly Kind[] = ['project', 'source', 'build', 'release', 'deployment', 'artifact', 'rerun'];

async function linksOf(client: Client, project: string | undefined): Promise<AuditLink[]> {
  const links: AuditLink[] = [];
  for (;;) {
    const query = { ...(project !== undefined && { project }), after_seq: links.length, limit: 100 };
    const { items } = await client.call('readAuditChain', { query });
    links.push(...items);
    if (items.length < 100) return links;
  }
}

/**
 * Waits until the logs have caught up, and looks at all of them.
 * @param projects slugs of all projects, those whose creation was never answered too: these may have no entry
 * @returns a line with the sums
 */
export async function expectAudited(
  client: Client,
  projects: readonly string[],
  all: readonly Acknowledged[],
): Promise<string> {
  const wanted = all.filter(({ kind }) => NAMED.includes(kind)).map(({ id }) => id);
  let links: AuditLink[] = [];
  await eventually(async () => {
    links = (await Promise.all([undefined, ...projects].map((project) => linksOf(client, project)))).flat();
    const named = new Set(links.flatMap(({ entry }) => Object.values(Object(entry?.subject))));
    expect(wanted.filter((id) => !named.has(id))).toEqual([]);
  });
  for (const [chain, its] of Map.groupBy(links, (link) => link.chain))
    expect(await verifyChain(its, { chain })).not.toHaveProperty('fault');
  expect(new Set(links.map(({ entry }) => entry?.id)).size).toBe(links.length);
  return `${links.length} entries in the audit logs`;
}
