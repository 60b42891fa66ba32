import { command } from '../command.ts';
import { listResult, pagingOptions, readPages } from '../list.ts';
import { projectOption } from '../option.ts';
import type { Cache } from '../resources.ts';
import { bytes, moment } from '../terminal/format.ts';
import type { Column } from '../terminal/table.ts';

const matrixOf = ({ matrix }: Cache) =>
  Object.entries(matrix)
    .map(([axis, value]) => ` ${axis}=${value}`)
    .sort()
    .join('');

const columns: readonly Column<Cache>[] = [
  { title: 'service', value: (cache) => cache.service + matrixOf(cache) },
  { title: 'branch', value: (cache) => (cache.trust === 'fork' ? 'a fork' : cache.branch) },
  { title: 'paths', value: (cache) => cache.paths.join(', ') },
  { title: 'key', value: (cache) => cache.key.slice(0, 12) },
  { title: 'size', value: (cache) => bytes(cache.size_bytes) },
  { title: 'saved', value: (cache) => moment(cache.saved_at) },
  { title: 'expires', value: (cache) => moment(cache.expires_at) },
];

export const list = command({
  name: 'list',
  summary: 'List the caches of a project by service and branch',
  options: { project: projectOption, ...pagingOptions },
  examples: ['staithe cache list --project hello'],
  calls: ['listCaches'],
  async run({ options }, { api }) {
    const params = { project: options.project };
    const page = await readPages(options, (query) => api.call('listCaches', { params, query }));
    return listResult(
      page,
      columns,
      "name one in staithe.yaml, as in cache: {key: package-lock.json, paths: '~/.npm'}",
    );
  },
});
