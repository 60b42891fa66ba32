/** A release as people read it. */
import { cellName } from '../../domain/matrix.ts';
import type { Release } from '../api/resources.ts';
import { clean } from '../terminal/clean.ts';
import { bytes, moment } from '../terminal/format.ts';
import { fields, table } from '../terminal/table.ts';

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
    ['hotfix', release.hotfix ? 'yes' : undefined],
    ['yanked', release.yanked && `${moment(release.yanked.at)} by ${release.yanked.by}`],
    ['reason', release.yanked && clean(release.yanked.reason)],
  ]);
  const artifacts = table(release.artifacts, [
    { title: 'job', value: (artifact) => cellName(artifact.service, artifact.matrix ?? {}) },
    { title: 'name', value: (artifact) => artifact.name },
    { title: 'size', value: (artifact) => bytes(artifact.size_bytes) },
    { title: 'digest', value: (artifact) => artifact.digest },
  ]);
  const notes = release.notes === undefined ? [] : [clean(release.notes).trimEnd()];
  return [record, ...notes, artifacts].join('\n\n');
}
