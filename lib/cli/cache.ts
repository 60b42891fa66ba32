/** `staithe cache`. */
import type { Cache } from './api/resources.ts';
import { type CommandGroup, command } from './command/command.ts';
import { listCommand } from './command/list.ts';
import { flag, projectOption, text } from './command/option.ts';
import { bytes, moment } from './terminal/format.ts';
import { confirm } from './terminal/prompt.ts';

const matrixOf = ({ matrix }: Cache) =>
  Object.entries(matrix)
    .map(([axis, value]) => ` ${axis}=${value}`)
    .sort()
    .join('');

const list = listCommand({
  summary: 'List the caches of a project',
  options: { project: projectOption },
  examples: ['staithe cache list --project hello'],
  calls: ['listCaches'],
  columns: [
    { title: 'service', value: (cache: Cache) => cache.service + matrixOf(cache) },
    { title: 'branch', value: (cache) => (cache.trust === 'fork' ? 'fork' : cache.branch) },
    { title: 'paths', value: (cache) => cache.paths.join(', ') },
    { title: 'key', value: (cache) => cache.key.slice(0, 12) },
    { title: 'size', value: (cache) => bytes(cache.size_bytes) },
    { title: 'saved', value: (cache) => moment(cache.saved_at) },
    { title: 'expires', value: (cache) => moment(cache.expires_at) },
  ],
  readPage: ({ options }, api, query) =>
    api.call('listCaches', { params: { project: options.project }, query }),
  nextWhenEmpty: () => "add a cache to staithe.yaml: cache: {key: package-lock.json, paths: '~/.npm'}",
});

const purge = command({
  name: 'purge',
  summary: 'Delete caches of a project',
  details:
    'Asks for confirmation. Without --branch and --service it deletes all caches of the project. The next builds start without these caches and save new ones.',
  options: {
    project: projectOption,
    branch: text('--branch <branch>', 'Only caches saved by builds of this branch'),
    service: text('--service <service>', 'Only caches of this service'),
    yes: flag('--yes', 'Skip the confirmation'),
  },
  examples: [
    'staithe cache purge --project hello --yes',
    'staithe cache purge --project hello --branch feature-x --service api --yes',
  ],
  calls: ['purgeCaches'],
  async run({ options: { project, branch, service, yes } }, { api }) {
    if (!yes) await confirm(`Deleting caches of project ${project}`, project);
    const answer = await api.call('purgeCaches', {
      params: { project },
      query: { ...(branch !== undefined && { branch }), ...(service !== undefined && { service }) },
    });
    return { json: answer, text: `Deleted ${answer.purged} cache${answer.purged === 1 ? '' : 's'}` };
  },
});

export const cache: CommandGroup = { name: 'cache', commands: [list, purge] };
