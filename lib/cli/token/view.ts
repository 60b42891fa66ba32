import type { Token } from '../resources.ts';
import { moment } from '../terminal/format.ts';
import type { Column } from '../terminal/table.ts';

export const tokenColumns: readonly Column<Token>[] = [
  { title: 'id', value: (token) => token.id },
  { title: 'name', value: (token) => token.name },
  { title: 'role', value: (token) => token.role },
  { title: 'project', value: (token) => token.project_id ?? 'all' },
  { title: 'expires', value: (token) => (token.expires_at ? moment(token.expires_at) : 'never') },
  { title: 'created', value: (token) => moment(token.created_at) },
];
