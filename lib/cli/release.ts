/** `staithe release`. */
import { type CommandGroup, command } from './command/command.ts';
import { projectOption } from './command/option.ts';
import { create } from './releases/create.ts';
import { diff } from './releases/diff.ts';
import { list } from './releases/list.ts';
import { releaseText } from './releases/view.ts';
import { unyank, yank } from './releases/yank.ts';

const show = command({
  name: 'show',
  summary: 'Show a release',
  args: { release: 'Release id (rel_…)' },
  examples: ['staithe release show rel_01JZX3V5N8Q2R4T6W8Y0A1B2C3'],
  calls: ['getRelease'],
  async run({ args }, { api }) {
    const release = await api.call('getRelease', { params: { release: args.release } });
    return { json: release, text: releaseText(release) };
  },
});

const resolve = command({
  name: 'resolve',
  summary: 'Show the release with a version or tag, the latest one, or the highest in a range',
  details:
    'A range is one of npm, such as ^1.2, 1.x or ">=1 <2". Neither latest nor a range finds a yanked release, and a range ' +
    'finds a prerelease only if it names one of the same version.',
  args: { release: 'Version, tag, latest, range of versions, or release id (rel_…)' },
  options: { project: projectOption },
  examples: [
    'staithe release resolve latest --project hello',
    'staithe release resolve v0.1.0 --project hello',
    "staithe release resolve '^0.1' --project hello",
  ],
  calls: ['resolveRelease'],
  async run({ args, options }, { api }) {
    const release = await api.call('resolveRelease', {
      params: { project: options.project, release: args.release },
    });
    return { json: release, text: releaseText(release) };
  },
});

export const release: CommandGroup = {
  name: 'release',
  commands: [create, list, show, resolve, diff, yank, unyank],
};
