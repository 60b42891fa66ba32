import { command } from '../command.ts';
import { projectOption } from '../option.ts';
import { releaseText } from './view.ts';

export const resolve = command({
  name: 'resolve',
  summary: 'Find the release of a tag, a version or latest',
  args: { release: 'a tag, a version, latest, or an id (rel_…)' },
  options: { project: projectOption },
  examples: [
    'staithe release resolve latest --project hello',
    'staithe release resolve v0.1.0 --project hello',
  ],
  calls: ['resolveRelease'],
  async run({ args, options }, { api }) {
    const release = await api.call('resolveRelease', {
      params: { project: options.project, release: args.release },
    });
    return { json: release, text: releaseText(release) };
  },
});
