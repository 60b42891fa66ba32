import type { Secret, SecretRead } from '../resources.ts';
import { moment } from '../terminal/format.ts';
import { type Column, fields } from '../terminal/table.ts';

export const secretColumns: readonly Column<Secret>[] = [
  { title: 'name', value: (secret) => secret.name },
  { title: 'versions', value: (secret) => secret.versions },
  { title: 'updated', value: (secret) => moment(secret.updated_at) },
  { title: 'by', value: (secret) => secret.updated_by },
  { title: 'last read', value: (secret) => secret.last_read_at && moment(secret.last_read_at) },
];

export const readColumns: readonly Column<SecretRead>[] = [
  { title: 'at', value: (read) => moment(read.at) },
  { title: 'job', value: (read) => read.job_id },
  { title: 'run', value: (read) => read.run_id },
  { title: 'service', value: (read) => read.service },
  { title: 'branch', value: (read) => read.branch },
];

export function secretText(secret: Secret): string {
  return fields([
    ['secret', secret.name],
    ['versions', secret.versions],
    ['created', `${moment(secret.created_at)} by ${secret.created_by}`],
    ['updated', `${moment(secret.updated_at)} by ${secret.updated_by}`],
    [
      'last read',
      secret.last_read_at === undefined
        ? 'never'
        : `${moment(secret.last_read_at)} by ${secret.last_read_by ?? '-'}`,
    ],
  ]);
}
