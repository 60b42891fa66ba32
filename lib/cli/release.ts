/** `staithe release`. */
import { cellName } from '../domain/matrix.ts';
import type { Api } from './api/api.ts';
import type { Release } from './api/resources.ts';
import { type CommandGroup, command } from './command/command.ts';
import { listAcrossCommand, withProject } from './command/list.ts';
import { boundProject, pairs, projectOption, requiredText, text } from './command/option.ts';
import { usageFailure } from './failure/failure.ts';
import { clean, cleanLine } from './terminal/clean.ts';
import { bytes, moment } from './terminal/format.ts';
import { fields, table } from './terminal/table.ts';

function releaseText(release: Release): string {
  const record = fields([
    ['release', release.id],
    ['version', release.version],
    ['tag', release.tag],
    ['project', release.project_id],
    ['build', release.build_id],
    ['run', release.run_id],
    ['git sha', release.git_sha],
    ['manifest', release.manifest_hash],
    ['created', `${moment(release.created_at)} by ${release.created_by}`],
    ['yanked', release.yanked && `${moment(release.yanked.at)} by ${release.yanked.by}`],
    ['reason', release.yanked && clean(release.yanked.reason)],
  ]);
  const artifacts = table(release.artifacts, [
    { title: 'job', value: (artifact) => cellName(artifact.service, artifact.matrix ?? {}) },
    { title: 'name', value: (artifact) => artifact.name },
    { title: 'size', value: (artifact) => bytes(artifact.size_bytes) },
    { title: 'digest', value: (artifact) => artifact.digest },
  ]);
  return `${record}\n\n${artifacts}`;
}

/** The project of the build or the artifact. @throws Failure usage: neither is named */
async function projectOf(
  api: Api<'getBuild' | 'getArtifact'>,
  build: string | undefined,
  artifact: string | undefined,
): Promise<string> {
  if (build !== undefined) return (await api.call('getBuild', { params: { build } })).project_id;
  if (artifact !== undefined) return (await api.call('getArtifact', { params: { artifact } })).project_id;
  throw usageFailure(
    'No build or artifact specified.',
    'Add --build <build>, --artifact <service=artifact>, or both.',
  );
}

const create = command({
  name: 'create',
  summary: 'Create a release from the artifacts of a build, or from specified artifacts',
  details:
    'A release is immutable, and its version and tag never move. With both --build and --artifact, a specified artifact ' +
    'replaces the artifact that the build has for the same service.',
  options: {
    build: text('--build <build>', 'Build id (bld_…)'),
    artifact: pairs(
      '--artifact <service=artifact>',
      'Artifact id (art_…) for a service, e.g. of an uploaded file',
    ),
    project: text(
      '--project <project>',
      'Project by slug or id (default: the project of the build or artifact)',
    ),
    version: text('--version <version>', 'Semantic version such as 1.2.3'),
    tag: text('--tag <tag>', 'Tag such as v1.2.3'),
  },
  examples: [
    'staithe release create --build bld_01JZX3V5N8Q2R4T6W8Y0A1B2C3 --version 0.1.0 --tag v0.1.0',
    'staithe release create --artifact api=art_01JZX3V5N8Q2R4T6W8Y0A1B2C3 --version 0.2.0',
  ],
  calls: ['getBuild', 'getArtifact', 'createRelease'],
  async run({ options }, { api }) {
    if (options.version === undefined && options.tag === undefined)
      throw usageFailure('No version or tag specified.', 'Add --version <version>, --tag <tag>, or both.');
    const { build } = options;
    const [artifact] = Object.values(options.artifact);
    const project = options.project ?? (await projectOf(api, build, artifact));
    const release = await api.call('createRelease', {
      params: { project },
      body: {
        ...(build !== undefined && { build_id: build }),
        ...(artifact !== undefined && { artifacts: options.artifact }),
        ...(options.version !== undefined && { version: options.version }),
        ...(options.tag !== undefined && { tag: options.tag }),
      },
    });
    const ref = release.version ?? release.tag ?? release.id;
    return {
      json: release,
      text: releaseText(release),
      notes: [`next: staithe deploy <environment> --project ${project} --release ${ref} --follow`],
    };
  },
});

const list = listAcrossCommand({
  summary: 'List releases, newest first',
  examples: ['staithe release list --project hello', 'staithe release list --all-projects --since 7d'],
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
  filterOf: () => ({}),
  readPage: (project, api, query) =>
    project === undefined
      ? api.call('listAllReleases', { query })
      : api.call('listReleases', { params: { project }, query }),
  nextWhenEmpty: () => 'staithe release create --build <build> --version 0.1.0',
});

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

const yank = command({
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
      notes: [`undo: staithe release unyank ${release.id}`],
    };
  },
});

const unyank = command({
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

export const release: CommandGroup = {
  name: 'release',
  commands: [create, list, show, resolve, yank, unyank],
};
