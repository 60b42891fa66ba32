/** `staithe artifact`. Its larger verbs, `upload` and `download`, are in artifacts/. */
import { cellName } from '../domain/matrix.ts';
import type { Artifact } from './api/resources.ts';
import { download } from './artifacts/download.ts';
import { upload } from './artifacts/upload.ts';
import { artifactColumns } from './builds/view.ts';
import { type CommandGroup, command } from './command/command.ts';
import { listAcrossCommand, withProject } from './command/list.ts';
import { flag } from './command/option.ts';
import { bytes, moment } from './terminal/format.ts';
import { confirm } from './terminal/prompt.ts';
import { status } from './terminal/style.ts';
import { fields } from './terminal/table.ts';

const args = { artifact: 'Artifact id (art_…)' };

const list = listAcrossCommand({
  summary: 'List stored artifacts, newest first',
  examples: ['staithe artifact list --project hello', 'staithe artifact list --all-projects --since 1d'],
  calls: ['listArtifacts'],
  columns: withProject(artifactColumns),
  filterOf: () => ({}),
  readPage: (project, api, query) =>
    api.call('listArtifacts', { query: { ...query, ...(project !== undefined && { project }) } }),
  nextWhenEmpty: (project) => `staithe build create --project ${project ?? '<project>'} --dir . --follow`,
});

/** The commands that get its bytes. The registry of the installation requires a login. */
function nextOf({ id, image, project_id: project }: Artifact): string[] {
  if (image === undefined) return [`next: staithe artifact download ${id}`];
  const login = image.registry === 'own' ? [] : [`next: staithe registry login --project ${project}`];
  return [...login, `next: docker pull ${image.ref}`];
}

const show = command({
  name: 'show',
  summary: 'Show an artifact',
  args,
  examples: ['staithe artifact show art_01JZX3V5N8Q2R4T6W8Y0A1B2C3'],
  calls: ['getArtifact'],
  async run({ args }, { api }) {
    const artifact = await api.call('getArtifact', { params: { artifact: args.artifact } });
    const author = artifact.created_by === undefined ? '' : ` by ${artifact.created_by}`;
    const text = fields([
      ['artifact', artifact.id],
      ['name', artifact.name],
      ['origin', artifact.origin],
      ['job', artifact.service && cellName(artifact.service, artifact.matrix)],
      ['project', artifact.project_id],
      ['build', artifact.build_id],
      ['run', artifact.run_id],
      ['status', artifact.status, status],
      ['type', artifact.content_type],
      ['image', artifact.image?.ref],
      ['platforms', artifact.image?.platforms.join(', ')],
      ['tags', artifact.image?.tags.join(', ')],
      ['size', artifact.size_bytes && `${bytes(artifact.size_bytes)} (${artifact.size_bytes} bytes)`],
      ['digest', artifact.digest],
      ['error', artifact.error?.message],
      ['created', `${moment(artifact.created_at)}${author}`],
    ]);
    return { json: artifact, text, notes: artifact.status === 'stored' ? nextOf(artifact) : [] };
  },
});

const remove = command({
  name: 'delete',
  summary: 'Delete an uploaded artifact',
  details: 'Asks for confirmation. Artifacts of builds and artifacts in a release cannot be deleted.',
  args,
  options: { yes: flag('--yes', 'Skip the confirmation') },
  examples: ['staithe artifact delete art_01JZX3V5N8Q2R4T6W8Y0A1B2C3 --yes'],
  calls: ['getArtifact', 'deleteArtifact'],
  async run({ args, options }, { api }) {
    const params = { artifact: args.artifact };
    if (!options.yes) {
      const { name } = await api.call('getArtifact', { params });
      await confirm(`Deleting artifact ${args.artifact}`, name);
    }
    await api.call('deleteArtifact', { params });
    return { json: { artifact: args.artifact, deleted: true }, text: `Deleted artifact ${args.artifact}` };
  },
});

export const artifact: CommandGroup = {
  name: 'artifact',
  commands: [upload, list, show, download, remove],
};
