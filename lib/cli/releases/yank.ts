/** `staithe release yank` and `unyank`. */
import type { Api } from '../api/api.ts';
import { command } from '../command/command.ts';
import { boundProject, requiredText, text } from '../command/option.ts';
import { usageFailure } from '../failure/failure.ts';
import { releaseText } from './view.ts';

/** The release that a verb is about: by its id, or by another name within a project. */
async function idOf(
  api: Api<'resolveRelease' | 'whoAmI'>,
  ref: string,
  project: string | undefined,
): Promise<string> {
  if (ref.startsWith('rel_')) return ref;
  const within = project ?? (await boundProject(api));
  if (within === undefined)
    throw usageFailure(
      `No project specified, and '${ref}' is not a release id.`,
      'Add --project <project>, or use the release id (rel_…).',
    );
  return (await api.call('resolveRelease', { params: { project: within, release: ref } })).id;
}

const projectOfRef = text(
  '--project <project>',
  'Project by slug or id, if the release is not named by its id (default: the project that the token is bound to)',
  (option) => option.env('STAITHE_PROJECT'),
);

export const yank = command({
  name: 'yank',
  summary: 'Yank a release, so that it is not deployed any more',
  details:
    'A yanked release cannot be deployed, and latest and ranges skip it. What already runs of it continues to run: roll the ' +
    'environment back, or deploy another release.',
  args: { release: 'Release id (rel_…), version or tag' },
  options: {
    reason: requiredText('--reason <reason>', 'Why the release must not be deployed'),
    project: projectOfRef,
  },
  examples: ['staithe release yank 0.1.0 --project hello --reason "Loses orders"'],
  calls: ['resolveRelease', 'whoAmI', 'yankRelease'],
  async run({ args, options }, { api }) {
    const release = await api.call('yankRelease', {
      params: { release: await idOf(api, args.release, options.project) },
      body: { reason: options.reason },
    });
    return {
      json: release,
      text: releaseText(release),
      notes: [`hint: To take the yank back, run staithe release unyank ${release.id}`],
    };
  },
});

export const unyank = command({
  name: 'unyank',
  summary: 'Take a yank back, so that the release can be deployed',
  args: { release: 'Release id (rel_…), version or tag' },
  options: { project: projectOfRef },
  examples: ['staithe release unyank 0.1.0 --project hello'],
  calls: ['resolveRelease', 'whoAmI', 'unyankRelease'],
  async run({ args, options }, { api }) {
    const release = await api.call('unyankRelease', {
      params: { release: await idOf(api, args.release, options.project) },
    });
    return { json: release, text: releaseText(release) };
  },
});
