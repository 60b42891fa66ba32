import { cellName } from '../../domain/matrix.ts';
import { command } from '../command.ts';
import type { Artifact } from '../resources.ts';
import { bytes, moment } from '../terminal/format.ts';
import { status } from '../terminal/style.ts';
import { fields } from '../terminal/table.ts';

export const show = command({
  name: 'show',
  summary: 'Show an artifact',
  args: { artifact: 'id of the artifact (art_…)' },
  examples: ['staithe artifact show art_01JZX3V5N8Q2R4T6W8Y0A1B2C3'],
  calls: ['getArtifact'],
  async run({ args }, { api }) {
    const artifact = await api.call('getArtifact', { params: { artifact: args.artifact } });
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
      ['refused', artifact.error?.message],
      [
        'created',
        `${moment(artifact.created_at)}${artifact.created_by === undefined ? '' : ` by ${artifact.created_by}`}`,
      ],
    ]);
    return { json: artifact, text, notes: artifact.status === 'stored' ? next(artifact) : [] };
  },
});

/** How its bytes are had: of an image in the installation's registry, after a login. */
function next({ id, image, project_id: project }: Artifact): string[] {
  if (image === undefined) return [`next: staithe artifact download ${id}`];
  const login = image.registry === 'own' ? [] : [`next: staithe registry login --project ${project}`];
  return [...login, `next: docker pull ${image.ref}`];
}
