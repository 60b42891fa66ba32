import type { Api } from '../api.ts';
import { command } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { pairs, text } from '../option.ts';
import { releaseText } from './view.ts';

/** The project of what is released. @throws Failure usage, when nothing is named */
async function projectOf(
  api: Api<'getBuild' | 'getArtifact'>,
  build: string | undefined,
  artifact: string | undefined,
): Promise<string> {
  if (build !== undefined) return (await api.call('getBuild', { params: { build } })).project_id;
  if (artifact !== undefined) return (await api.call('getArtifact', { params: { artifact } })).project_id;
  throw usageFailure(
    'Nothing says what to release.',
    'Give --build <build>, --artifact <service=artifact>, or both.',
  );
}

export const create = command({
  name: 'create',
  summary: 'Freeze the artifacts of a build, or named ones, as a release',
  details:
    'The project is that of the build or of the artifacts. With --build and --artifact the named artifacts stand for ' +
    'those of the build that have the same service. A release never changes, and its version and tag never move.',
  options: {
    build: text('--build <build>', 'id of the build (bld_…)'),
    artifact: pairs(
      '--artifact <service=artifact>',
      'an artifact (art_…) for a service, e.g. an uploaded one',
    ),
    project: text(
      '--project <project>',
      'slug or id of the project (default: that of the build or the artifacts)',
    ),
    version: text('--version <version>', 'a semantic version such as 1.2.3'),
    tag: text('--tag <tag>', 'a tag such as v1.2.3'),
  },
  examples: [
    'staithe release create --build bld_01JZX3V5N8Q2R4T6W8Y0A1B2C3 --version 0.1.0 --tag v0.1.0',
    'staithe release create --artifact api=art_01JZX3V5N8Q2R4T6W8Y0A1B2C3 --version 0.2.0',
  ],
  calls: ['getBuild', 'getArtifact', 'createRelease'],
  async run({ options }, { api }) {
    if (options.version === undefined && options.tag === undefined)
      throw usageFailure('A release needs a name.', 'Give --version <version>, --tag <tag>, or both.');
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
