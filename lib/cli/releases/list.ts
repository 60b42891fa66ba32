/** `staithe release list`. */
import type { Release } from '../api/resources.ts';
import { listAcrossCommand, withProject } from '../command/list.ts';
import { flag, text, type ValuesOf } from '../command/option.ts';
import { usageFailure } from '../failure/failure.ts';
import { cleanLine } from '../terminal/clean.ts';
import { moment } from '../terminal/format.ts';

/** Of one project: across projects, versions and tags have no common order, and a build is of one. */
const ofProject = {
  version: text('--version <range>', 'Only versions in a range such as ^1.2, highest first'),
  tag: text('--tag <tag>', 'Only this tag; with * at the end, tags that begin so, in reverse order'),
  build: text('--build <build>', 'Only of this build (bld_…)'),
};

const filterOptions = {
  ...ofProject,
  gitSha: text('--git-sha <sha>', 'Only of this commit, by its full sha'),
  yanked: flag('--yanked', 'Only yanked releases'),
  deployable: flag('--deployable', 'Only releases that are not yanked'),
};

/** @throws Failure usage */
function filterOf(options: ValuesOf<typeof filterOptions> & { readonly allProjects: boolean }) {
  const { version, tag, build, gitSha, yanked, deployable } = options;
  if (yanked && deployable)
    throw usageFailure('--yanked and --deployable are both specified.', 'Remove one of them.');
  const single = (['version', 'tag', 'build'] as const).find((name) => options[name] !== undefined);
  if (options.allProjects && single !== undefined)
    throw usageFailure(
      `--${single} lists releases of one project.`,
      'Add --project <project> in place of --all-projects.',
    );
  return {
    ...(version !== undefined && { version }),
    ...(tag !== undefined && { tag }),
    ...(build !== undefined && { build }),
    ...(gitSha !== undefined && { git_sha: gitSha }),
    ...((yanked || deployable) && { yanked: yanked ? ('true' as const) : ('false' as const) }),
  };
}

export const list = listAcrossCommand({
  summary: 'List releases, newest first',
  options: filterOptions,
  examples: [
    'staithe release list --project hello',
    "staithe release list --project hello --version '^1.2' --deployable",
    'staithe release list --all-projects --since 7d',
  ],
  calls: ['listReleases', 'listAllReleases'],
  columns: withProject([
    { title: 'id', value: (release: Release) => release.id },
    { title: 'version', value: (release) => release.version },
    { title: 'tag', value: (release) => release.tag },
    { title: 'artifacts', value: (release) => release.artifacts.length },
    { title: 'git', value: (release) => release.git_sha?.slice(0, 12) },
    { title: 'created', value: (release) => moment(release.created_at) },
    { title: 'yanked', value: (release) => release.yanked && cleanLine(release.yanked.reason) },
  ]),
  filterOf,
  readPage: (project, api, query) => {
    if (project !== undefined) return api.call('listReleases', { params: { project }, query });
    const { version: _, tag: __, build: ___, ...ofAll } = query;
    return api.call('listAllReleases', { query: ofAll });
  },
  nextWhenEmpty: (project) => `staithe release create --project ${project ?? '<project>'} --bump minor`,
});
