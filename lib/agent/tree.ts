/** What commands find in their folder: the source, or the artifact of the release that they deploy. */
import { copyFile, link, mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ArchiveError } from '../archive/error.ts';
import { unpack } from '../archive/unpack.ts';
import { inWords } from './artifacts.ts';
import { JobFailure, sourceFailure } from './failure.ts';
import { seconds } from './machine.ts';
import { warnOfMissingContent } from './missing-content.ts';
import { enter, PERCENT, sayDetail, type Work } from './phase.ts';
import { fetchSource, type Source } from './source.ts';

/** @throws JobFailure */
export async function fetchTree(work: Work): Promise<void> {
  const { api, claimed, workspace, signal } = work;
  const { source } = claimed;
  if (source === undefined) {
    await mkdir(workspace.tree);
    return;
  }
  const what = source.name ?? 'source';
  enter(work, `fetch ${what}`, PERCENT.fetch, `fetch ${what} (${inWords(source.size_bytes)})`);
  const fetching = performance.now();
  await fetchSource(api, source, workspace.archive, signal);
  sayDetail(`fetched in ${seconds(performance.now() - fetching)}`);
  if (source.name !== undefined) await keepUnder(source.name, work);
  await unpackSource(work, source);
}

/** Tools go by names of files: `npm publish shop-1.4.0.tgz`. */
async function keepUnder(name: string, { workspace }: Work): Promise<void> {
  await mkdir(artifactFolder(workspace), { recursive: true });
  await link(workspace.archive, artifactFile(workspace, name));
}

export const artifactFile = (workspace: Work['workspace'], name: string): string =>
  join(artifactFolder(workspace), basename(name));

/** Of its own: whatever name an artifact has, no file of the deployment has the same path. */
const artifactFolder = ({ deployment }: Work['workspace']): string => join(deployment, 'artifact');

/** Archives are unpacked; any other file lies there under its name. */
async function unpackSource(work: Work, source: Source): Promise<void> {
  const { workspace } = work;
  const { format, strip_components: stripComponents, time_seconds: timeSeconds, name = 'artifact' } = source;
  if (format === 'file') {
    await mkdir(workspace.tree);
    await copyFile(workspace.archive, join(workspace.tree, basename(name)));
    return;
  }
  enter(work, 'unpack', PERCENT.unpack);
  const options = { format, stripComponents, into: workspace.tree, timeSeconds };
  const tree = await unpack(workspace.archive, options).catch((error: unknown) => {
    throw error instanceof ArchiveError ? new JobFailure(sourceFailure(error)) : error;
  });
  sayDetail(`${tree.files} file${tree.files === 1 ? '' : 's'}, ${inWords(tree.bytes)}`);
  await warnOfMissingContent(workspace.tree);
}
