/** The build that does nothing, so that all that is measured is Staithe. */
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packTree } from '../lib/archive/index.ts';
import { ApiError, type Client } from '../lib/contract/client.ts';
import type { Run } from '../lib/domain/execution/model/run.ts';

const MANIFEST = `services:
  nothing:
    commands: [':']
    artifacts:
      - paths: staithe.yaml
`;

export interface Noop {
  readonly project: string;
  readonly sourceId: string;
}

/** A project with one stored source, whose build does nothing unless a manifest says otherwise. */
export async function noopProject(
  client: Client,
  scratch: string,
  slug = 'noop',
  manifest = MANIFEST,
  files: Readonly<Record<string, string>> = {},
): Promise<Noop> {
  const folder = await mkdtemp(join(scratch, 'noop-'));
  for (const [name, text] of Object.entries({ ...files, 'staithe.yaml': manifest }))
    await writeFile(join(folder, name), text);
  const file = `${folder}.tar.gz`;
  const { sha256, sizeBytes } = await packTree(folder, { out: file });
  await answered(() => client.call('createProject', { body: { slug }, idempotencyKey: slug }));
  const { id, upload } = await answered(() =>
    client.call('createSource', {
      params: { project: slug },
      body: { sha256, size_bytes: sizeBytes },
      idempotencyKey: sha256,
    }),
  );
  if (upload !== null) {
    const { method, headers } = upload;
    const answer = await fetch(upload.url, { method, headers, body: await readFile(file) });
    if (!answer.ok) throw new Error(`The upload was answered with ${answer.status}.`);
  }
  return { project: slug, sourceId: id };
}

/** Starts it. @returns the ids */
export async function startNoop(
  client: Client,
  { project, sourceId }: Noop,
): Promise<{ build: string; run: string }> {
  const { id, latest_run } = await answered(() =>
    client.call('createBuild', {
      params: { project },
      // Each of them is to be built, and not answered with the artifacts of the one before.
      body: { source_id: sourceId, force_rebuild: true },
    }),
  );
  if (latest_run === null) throw new Error(`Build ${id} was not started.`);
  return { build: id, run: latest_run.id };
}

/**
 * Asks seldom, as asking costs what is measured, and for the first time after `afterMs`.
 * @throws Error unless it completed
 */
export async function completed(client: Client, run: string, afterMs = 0): Promise<Run> {
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  for (;;) {
    const found = await answered(() => client.call('getRun', { params: { run } }));
    if (found.status === 'completed') return found;
    if (found.status !== 'pending' && found.status !== 'building')
      throw new Error(`Run ${run} ${found.status}: ${JSON.stringify(found.error)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** On a machine with much other work functions time out: asked again until there is an answer. */
async function answered<T>(ask: () => Promise<T>): Promise<T> {
  for (;;)
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ApiError) || error.problem.status < 500) throw error;
    }
}
