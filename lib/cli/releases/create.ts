/** `staithe release create`. */
import { readFileSync } from 'node:fs';
import { BUMPS } from '../../domain/release/schema.ts';
import type { Api } from '../api/api.ts';
import { command } from '../command/command.ts';
import { boundProject, choice, flag, pairs, text } from '../command/option.ts';
import { usageFailure } from '../failure/failure.ts';
import { releaseText } from './view.ts';

/** The project of the build or the artifact, or else the one that the token is bound to. @throws Failure usage */
async function projectOf(
  api: Api<'getBuild' | 'getArtifact' | 'whoAmI'>,
  build: string | undefined,
  artifact: string | undefined,
): Promise<string> {
  if (build !== undefined) return (await api.call('getBuild', { params: { build } })).project_id;
  if (artifact !== undefined) return (await api.call('getArtifact', { params: { artifact } })).project_id;
  const bound = await boundProject(api);
  if (bound !== undefined) return bound;
  throw usageFailure(
    'No project, build or artifact specified, and the token is not bound to a project.',
    'Add --project <project>, or set STAITHE_PROJECT.',
  );
}

/** @throws Failure usage: the file cannot be read */
function notesOf(notes: string | undefined, file: string | undefined): string | undefined {
  if (file === undefined) return notes;
  if (notes !== undefined)
    throw usageFailure('--notes and --notes-file are both specified.', 'Remove one of them.');
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw usageFailure(`Cannot read '${file}': ${reason}.`, 'Name a file that you can read, or - for stdin.');
  }
}

export const create = command({
  name: 'create',
  summary: 'Create a release, by default from the newest completed build',
  details:
    'A release is immutable, and its version and tag never move. Without --build, --artifact and --image, it has the artifacts ' +
    'of the newest completed build of the project, except builds of forks. With --build and one of the others, a specified ' +
    'artifact or image replaces what the build has for the same service. Every artifact must exist with its digest. A release ' +
    'without version and tag is named by its id.',
  options: {
    build: text('--build <build>', 'Build id (bld_…)'),
    artifact: pairs(
      '--artifact <service=artifact>',
      'Artifact id (art_…) for a service, e.g. of an uploaded file',
    ),
    image: pairs(
      '--image <service=digest>',
      'Digest of an image in the registry of the installation, with the repository and @ before it if that is not the service',
    ),
    project: text(
      '--project <project>',
      'Project by slug or id (default: that of the build or artifact, or the one that the token is bound to)',
      (option) => option.env('STAITHE_PROJECT'),
    ),
    version: text('--version <version>', 'Semantic version such as 1.2.3'),
    bump: choice('--bump <part>', 'The version after the highest one of the project', BUMPS),
    tag: text('--tag <tag>', 'Tag such as v1.2.3'),
    notes: text('--notes <notes>', 'What has changed, in Markdown'),
    notesFile: text('--notes-file <file>', 'File with the notes; - for stdin'),
    hotfix: flag(
      '--hotfix',
      'May be deployed while the promotions of the project are stopped; needs the role deployer',
    ),
  },
  examples: [
    'staithe release create --project hello --bump patch',
    'staithe release create --build bld_01JZX3V5N8Q2R4T6W8Y0A1B2C3 --version 0.1.0 --tag v0.1.0 --notes "First release."',
    'staithe release create --artifact api=art_01JZX3V5N8Q2R4T6W8Y0A1B2C3 --version 0.2.0',
  ],
  calls: ['getBuild', 'getArtifact', 'whoAmI', 'createRelease'],
  async run({ options }, { api }) {
    const { build, version, bump, tag, image } = options;
    if (version !== undefined && bump !== undefined)
      throw usageFailure('--version and --bump are both specified.', 'Remove one of them.');
    const notes = notesOf(options.notes, options.notesFile);
    const [artifact] = Object.values(options.artifact);
    const project = options.project ?? (await projectOf(api, build, artifact));
    const release = await api.call('createRelease', {
      params: { project },
      body: {
        ...(build !== undefined && { build_id: build }),
        ...(artifact !== undefined && { artifacts: options.artifact }),
        ...(Object.keys(image).length > 0 && { image_digests: image }),
        ...(version !== undefined && { version }),
        ...(bump !== undefined && { bump }),
        ...(tag !== undefined && { tag }),
        ...(notes !== undefined && { notes }),
        ...(options.hotfix && { hotfix: true }),
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
