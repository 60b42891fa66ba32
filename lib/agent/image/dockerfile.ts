/** Finding a service's Dockerfile, and saying what is there instead when it is not. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import type { Job } from '../../domain/execution/model/job.ts';
import { JobFailure } from '../failure.ts';
import type { Workspace } from '../workspace.ts';

/** How much of the tree is looked through for other Dockerfiles: enough for a monorepo, over at once. */
const MAX_FOLDERS = 500;
const MAX_SHOWN = 20;

/**
 * @param folder the context, absolute
 * @returns the Dockerfile's absolute path
 * @throws JobFailure zero_artifacts
 */
export async function findDockerfile(
  job: Job,
  dockerfile: string,
  folder: string,
  workspace: Workspace,
): Promise<string> {
  const path = join(folder, dockerfile);
  const [real, tree] = await Promise.all([realpath(path).catch(() => undefined), realpath(workspace.tree)]);
  const found = real?.startsWith(tree + sep) === true && (await stat(real)).isFile();
  if (found) return path;
  throw new JobFailure({
    code: 'zero_artifacts',
    message: `The build of ${job.service} left no image: its context '${job.spec.context}' has no Dockerfile '${dockerfile}'.`,
    hint: await advice(job.spec.context, dockerfile, folder, tree),
    step: 'build image',
  });
}

async function advice(context: string, dockerfile: string, folder: string, tree: string): Promise<string> {
  const others = await dockerfilesOf(tree);
  const below = relative(tree, await realpath(folder));
  const mine = others.map((path) => (below === '' ? path : relative(below, path)));
  const inContext = mine.find((path) => !path.startsWith('..'));
  const fromRoot = others.includes(dockerfile) && below !== '';
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).sort();
  const shown = names.slice(0, MAX_SHOWN).join(', ') + (names.length > MAX_SHOWN ? ', …' : '');
  const hints = [
    fromRoot &&
      `Paths begin at the service's context, not at the source's root: with context '${context}', write dockerfile: ${relative(below, dockerfile)}.`,
    !fromRoot && inContext !== undefined && `Did you mean dockerfile: ${inContext}?`,
    `The context has: ${shown || 'nothing'}.`,
    inContext === undefined &&
      others.length > 0 &&
      `Dockerfiles elsewhere in the source: ${others.slice(0, 5).join(', ')}.`,
    "Correct 'context' or 'dockerfile' in staithe.yaml, or let a command write the file.",
  ];
  return hints.filter((hint) => typeof hint === 'string').join(' ');
}

/** Files that are called as Dockerfiles are, by their paths in the tree: the plain name first, then the highest. */
async function dockerfilesOf(tree: string): Promise<string[]> {
  const found: string[] = [];
  const queue = [tree];
  for (let seen = 0; seen < MAX_FOLDERS && queue.length > 0; seen += 1) {
    const folder = queue.shift() ?? tree;
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (entry.isFile() && /^(.*\.)?(docker|container)file(\..+)?$/i.test(entry.name))
        found.push(relative(tree, path));
      else if (entry.isDirectory() && entry.name !== 'node_modules' && entry.name !== '.git')
        queue.push(path);
    }
  }
  const isPlain = (path: string) => basename(path) === 'Dockerfile';
  return found.sort((a, b) => Number(isPlain(b)) - Number(isPlain(a)));
}
