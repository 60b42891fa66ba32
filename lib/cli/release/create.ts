import { command } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { requiredText, text } from '../option.ts';
import { releaseText } from './view.ts';

export const create = command({
  name: 'create',
  summary: 'Freeze the artifacts of a build as a release',
  details: 'The project is that of the build. A release never changes, and its version and tag never move.',
  options: {
    build: requiredText('--build <build>', 'id of the build (bld_…)'),
    project: text('--project <project>', 'slug or id of the project (default: that of the build)'),
    version: text('--version <version>', 'a semantic version such as 1.2.3'),
    tag: text('--tag <tag>', 'a tag such as v1.2.3'),
  },
  examples: ['staithe release create --build bld_01JZX3V5N8Q2R4T6W8Y0A1B2C3 --version 0.1.0 --tag v0.1.0'],
  calls: ['getBuild', 'createRelease'],
  async run({ options }, { api }) {
    if (options.version === undefined && options.tag === undefined)
      throw usageFailure('A release needs a name.', 'Give --version <version>, --tag <tag>, or both.');
    const project =
      options.project ?? (await api.call('getBuild', { params: { build: options.build } })).project_id;
    const release = await api.call('createRelease', {
      params: { project },
      body: {
        build_id: options.build,
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
