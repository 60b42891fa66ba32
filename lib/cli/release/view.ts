import { cellName } from '../../domain/matrix.ts';
import type { Release } from '../resources.ts';
import { bytes, moment } from '../terminal/format.ts';
import { type Column, fields, table } from '../terminal/table.ts';

export const releaseColumns: readonly Column<Release>[] = [
  { title: 'id', value: (release) => release.id },
  { title: 'version', value: (release) => release.version },
  { title: 'tag', value: (release) => release.tag },
  { title: 'artifacts', value: (release) => release.artifacts.length },
  { title: 'git', value: (release) => release.git_sha?.slice(0, 12) },
  { title: 'created', value: (release) => moment(release.created_at) },
];

export function releaseText(release: Release): string {
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
  ]);
  const artifacts = table(release.artifacts, [
    { title: 'job', value: (artifact) => cellName(artifact.service, artifact.matrix ?? {}) },
    { title: 'name', value: (artifact) => artifact.name },
    { title: 'size', value: (artifact) => bytes(artifact.size_bytes) },
    { title: 'digest', value: (artifact) => artifact.digest },
  ]);
  return `${record}\n\n${artifacts}`;
}
