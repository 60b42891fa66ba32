/** Caches of a job: restored before its commands, saved after them. A cache that fails never fails a build. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CacheKey, FoundCache } from '../domain/cache/schema.ts';
import type { Job } from '../domain/execution/model/job.ts';
import type { JobApi } from './api.ts';
import { inWords } from './artifacts.ts';
import { keyOf, type Roots } from './cache/files.ts';
import { packCache } from './cache/pack.ts';
import { restoreCache } from './cache/restore.ts';
import { seconds } from './machine.ts';
import { say } from './output.ts';
import { retry } from './retry.ts';
import { download, isTransient, upload, WrongBytesError } from './transfer.ts';
import type { Workspace } from './workspace.ts';

/** Three tries in all, about a second apart: what a cache saves is often not worth more waiting. */
const ATTEMPTS = 3;
/**
 * 5 minutes for all that a job saves: a third of what the backend gives it beyond its own time, and half of what its
 * token lives on.
 */
const SAVE_MS = 5 * 60_000;

/** What the phases around the commands share. */
export interface CacheWork {
  readonly api: Pick<JobApi, 'restoreCaches' | 'saveCaches' | 'confirmCaches'>;
  readonly job: Job;
  readonly workspace: Omit<Workspace, 'pipes'>;
  /** The service's context. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** The files of one machine need not be good for another. */
const PLATFORM = `${process.platform}-${process.arch}`;

const rootsOf = ({ folder, workspace }: CacheWork): Roots => ({ context: folder, home: workspace.home });
const titleOf = ({ paths }: CacheKey): string => `cache ${paths.join(', ')}`;
const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/[^.]$/, '$&.');
const detail = (line: string): void => say(`    ${line}`);

/** @returns the caches that are to be saved when the commands have succeeded */
export async function restoreCaches(work: CacheWork): Promise<CacheKey[]> {
  try {
    const wanted = await keysOf(work);
    if (wanted.length === 0) return [];
    const found = await work.api.restoreCaches({ caches: wanted }, work.signal);
    const toSave: CacheKey[] = [];
    for (const [index, cache] of wanted.entries()) {
      const answer = found.caches[index];
      const restored = answer !== undefined && (await restoreOne(work, cache, answer));
      if (!restored || answer.save) toSave.push(cache);
    }
    return toSave;
  } catch (error) {
    work.signal.throwIfAborted();
    detail(`warning: caches could not be looked up: ${reasonOf(error)} The build continues without them.`);
    return [];
  }
}

/** The key is of the files as the source has them, before a command changes them. */
async function keysOf({ job, workspace }: CacheWork): Promise<CacheKey[]> {
  const keys: CacheKey[] = [];
  for (const { key: globs, paths } of job.spec.caches) {
    const key = await keyOf(workspace.tree, job.spec.context, globs);
    if (key !== undefined) keys.push({ paths, key, platform: PLATFORM });
    else
      detail(
        `warning: cache ${paths.join(', ')} is left alone: no file matches its key ${globs.join(', ')} in '${job.spec.context}'.`,
      );
  }
  return keys;
}

/** @returns whether the build has what was found */
async function restoreOne(work: CacheWork, cache: CacheKey, found: FoundCache): Promise<boolean> {
  const title = titleOf(cache);
  const { download: from } = found;
  if (from === null) {
    detail(`${title}: none yet`);
    return false;
  }
  const archive = join(work.workspace.root, 'cache.tar.gz');
  const began = performance.now();
  try {
    await retry(
      async () => {
        const came = await download(from.url, archive, from.size_bytes, work.signal);
        if (came.sha256 !== from.sha256) throw new WrongBytesError('other bytes came than were saved');
      },
      { attempts: ATTEMPTS, signal: work.signal, helps: isTransient },
    );
    await restoreCache(archive, rootsOf(work), join(work.workspace.root, 'cache'));
    const what = found.hit === 'exact' ? 'hit' : 'no hit, the newest of the same paths instead';
    const whose = found.branch === null ? '' : ` of ${found.branch}`;
    detail(`${title}: ${what}${whose}, ${inWords(from.size_bytes)} in ${seconds(performance.now() - began)}`);
    return true;
  } catch (error) {
    work.signal.throwIfAborted();
    detail(`warning: ${title} could not be restored: ${reasonOf(error)} The build continues without it.`);
    return false;
  } finally {
    await rm(archive, { force: true });
  }
}

/** Saves caches, one after the other, for five minutes at most. */
export async function saveCaches(work: CacheWork, caches: readonly CacheKey[]): Promise<void> {
  const time = AbortSignal.timeout(SAVE_MS);
  const signal = AbortSignal.any([work.signal, time]);
  const stopped = new Promise<'stopped'>((resolve) => {
    signal.addEventListener('abort', () => resolve('stopped'), { once: true });
  });
  const why = () => (signal.reason === time.reason ? 'there was no time left.' : reasonOf(signal.reason));
  for (const cache of caches) {
    // Packing itself cannot be stopped: what is left of it ends with the process.
    const saved = await Promise.race([saveOne({ ...work, signal }, cache), stopped]);
    if (saved === 'stopped') return detail(`warning: ${titleOf(cache)} was not saved: ${why()}`);
  }
}

async function saveOne(work: CacheWork, cache: CacheKey): Promise<void> {
  const title = titleOf(cache);
  const out = join(work.workspace.out, 'cache.tar.gz');
  const began = performance.now();
  try {
    const packed = await packCache(cache.paths, rootsOf(work), out);
    if (packed === undefined) return detail(`${title}: nothing is there, so nothing is saved`);
    const { sha256, sizeBytes } = packed;
    const caches = [{ ...cache, sha256, size_bytes: sizeBytes }];
    const send = async () => {
      const { uploads } = await work.api.saveCaches({ caches }, work.signal);
      for (const target of uploads) await upload(target, out, sizeBytes, work.signal);
    };
    await retry(send, { attempts: ATTEMPTS, signal: work.signal, helps: isTransient });
    await work.api.confirmCaches({ caches }, work.signal);
    detail(
      `${title}: saved ${packed.files} files, ${inWords(sizeBytes)} in ${seconds(performance.now() - began)}`,
    );
  } catch (error) {
    if (!work.signal.aborted) detail(`warning: ${title} was not saved: ${reasonOf(error)}`);
  } finally {
    await rm(out, { force: true });
  }
}
