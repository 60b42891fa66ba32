import type { Source } from '../resources.ts';
import { bytes, moment } from '../terminal/format.ts';
import { status } from '../terminal/style.ts';
import { fields } from '../terminal/table.ts';

export function sourceText(source: Source): string {
  return fields([
    ['source', source.id],
    ['project', source.project_id],
    ['status', source.status, status],
    ['format', source.format],
    ['size', bytes(source.size_bytes)],
    ['sha256', source.sha256],
    ['git', source.git && `${source.git.repository} ${source.git.ref} ${source.git.sha}`],
    ['created', `${moment(source.created_at)} by ${source.created_by}`],
  ]);
}
