import type { Project } from '../resources.ts';
import { moment } from '../terminal/format.ts';
import { type Column, fields } from '../terminal/table.ts';

export const projectColumns: readonly Column<Project>[] = [
  { title: 'slug', value: (project) => project.slug },
  { title: 'name', value: (project) => project.name },
  { title: 'repository', value: (project) => project.repository },
  { title: 'branch', value: (project) => project.default_branch },
  { title: 'id', value: (project) => project.id },
];

export function projectText(project: Project): string {
  return fields([
    ['project', project.slug],
    ['id', project.id],
    ['name', project.name],
    ['repository', project.repository ?? '-'],
    ['default branch', project.default_branch],
    ['jobs at once', project.max_concurrent_jobs ?? 'any number'],
    ['supersede', project.supersede ? 'newer runs of a branch cancel older ones that wait' : undefined],
    ['created', `${moment(project.created_at)} by ${project.created_by}`],
    ['updated', moment(project.updated_at)],
  ]);
}
