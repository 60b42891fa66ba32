/** `staithe project`. */
import type { Project } from './api/resources.ts';
import { type CommandGroup, command } from './command/command.ts';
import { listCommand } from './command/list.ts';
import { choice, flag, integer, requiredText, text } from './command/option.ts';
import { usageFailure } from './failure/failure.ts';
import { moment } from './terminal/format.ts';
import { confirm } from './terminal/prompt.ts';
import { fields } from './terminal/table.ts';

const args = { project: 'Project slug or id' };

const settings = {
  repository: text('--repository <owner/name>', 'Git repository whose pushes are built'),
  defaultBranch: text('--default-branch <branch>', 'Default branch, whose caches all branches can read'),
  maxConcurrentJobs: integer(
    '--max-concurrent-jobs <number>',
    'Maximum number of jobs that run at the same time',
  ),
  supersede: choice('--supersede <on|off>', 'Whether a new run cancels older queued runs of its branch', [
    'on',
    'off',
  ]),
};

interface Settings {
  readonly name: string | undefined;
  readonly repository: string | undefined;
  readonly defaultBranch: string | undefined;
  readonly maxConcurrentJobs: number | undefined;
  readonly supersede: 'on' | 'off' | undefined;
}

/** The fields of the request for the options that are present. */
function settingsBody(options: Settings) {
  return {
    ...(options.name !== undefined && { name: options.name }),
    ...(options.repository !== undefined && { repository: options.repository }),
    ...(options.defaultBranch !== undefined && { default_branch: options.defaultBranch }),
    ...(options.maxConcurrentJobs !== undefined && { max_concurrent_jobs: options.maxConcurrentJobs }),
    ...(options.supersede !== undefined && { supersede: options.supersede === 'on' }),
  };
}

function projectText(project: Project): string {
  return fields([
    ['project', project.slug],
    ['id', project.id],
    ['name', project.name],
    ['repository', project.repository ?? '-'],
    ['default branch', project.default_branch],
    ['max concurrent jobs', project.max_concurrent_jobs ?? 'unlimited'],
    ['supersede', project.supersede ? 'new runs cancel older queued runs of their branch' : undefined],
    [
      'stopped',
      project.stopped &&
        `${project.stopped.reason} (since ${moment(project.stopped.since)}, by ${project.stopped.by})`,
    ],
    ['created', `${moment(project.created_at)} by ${project.created_by}`],
    ['updated', moment(project.updated_at)],
  ]);
}

const create = command({
  name: 'create',
  summary: 'Create a project',
  args: { slug: 'Name of the project in paths: a-z, 0-9 and -; cannot be changed' },
  options: { name: text('--name <name>', 'Display name (default: the slug)'), ...settings },
  examples: ['staithe project create hello --name "Hello" --repository acme/hello --default-branch main'],
  calls: ['createProject'],
  async run({ args, options }, { api }) {
    const project = await api.call('createProject', { body: { slug: args.slug, ...settingsBody(options) } });
    return {
      json: project,
      text: projectText(project),
      notes: [`next: staithe build create --project ${project.slug} --dir . --follow`],
    };
  },
});

const list = listCommand({
  summary: 'List projects',
  examples: ['staithe project list', 'staithe project list --all --json'],
  calls: ['listProjects'],
  columns: [
    { title: 'slug', value: (project: Project) => project.slug },
    { title: 'name', value: (project) => project.name },
    { title: 'repository', value: (project) => project.repository },
    { title: 'branch', value: (project) => project.default_branch },
    { title: 'id', value: (project) => project.id },
  ],
  readPage: (_, api, query) => api.call('listProjects', { query }),
  nextWhenEmpty: () => 'staithe project create <slug>',
});

const show = command({
  name: 'show',
  summary: 'Show a project',
  args,
  examples: ['staithe project show hello'],
  calls: ['getProject'],
  async run({ args }, { api }) {
    const project = await api.call('getProject', { params: { project: args.project } });
    return { json: project, text: projectText(project) };
  },
});

const update = command({
  name: 'update',
  summary: 'Change the settings of a project',
  args,
  options: {
    name: text('--name <name>', 'Display name'),
    ...settings,
    unlink: flag('--unlink', 'Remove the link to the repository, so that its pushes are no longer built'),
    unlimited: flag('--unlimited', 'Remove the limit of concurrent jobs'),
  },
  examples: [
    'staithe project update hello --default-branch trunk',
    'staithe project update hello --unlink',
    'staithe project update hello --max-concurrent-jobs 4 --supersede on',
  ],
  calls: ['updateProject'],
  async run({ args, options }, { api }) {
    if (options.unlink && options.repository !== undefined)
      throw usageFailure('--unlink and --repository cannot be combined.', 'Use one of them.');
    if (options.unlimited && options.maxConcurrentJobs !== undefined)
      throw usageFailure('--unlimited and --max-concurrent-jobs cannot be combined.', 'Use one of them.');
    const body = {
      ...settingsBody(options),
      ...(options.unlink && { repository: null }),
      ...(options.unlimited && { max_concurrent_jobs: null }),
    };
    if (Object.keys(body).length === 0)
      throw usageFailure('No change specified.', 'staithe project update --help');
    const project = await api.call('updateProject', { params: { project: args.project }, body });
    return { json: project, text: projectText(project) };
  },
});

const stop = command({
  name: 'stop',
  summary: 'Stop all promotions of a project',
  details:
    'Deployments that have not begun wait until `staithe project resume`, except releases that were created with --hotfix, ' +
    'and rollbacks. Deployments in progress continue.',
  args,
  options: { reason: requiredText('--reason <text>', 'Why: shown to everybody who waits') },
  examples: ['staithe project stop hello --reason "Orders are lost"'],
  calls: ['stopProject'],
  async run({ args, options }, { api }) {
    const project = await api.call('stopProject', {
      params: { project: args.project },
      body: { reason: options.reason },
    });
    return {
      json: project,
      text: projectText(project),
      notes: [`next: staithe project resume ${args.project}`],
    };
  },
});

const resume = command({
  name: 'resume',
  summary: 'Resume the promotions of a project',
  args,
  examples: ['staithe project resume hello'],
  calls: ['resumeProject'],
  async run({ args }, { api }) {
    const project = await api.call('resumeProject', { params: { project: args.project } });
    return { json: project, text: projectText(project) };
  },
});

const remove = command({
  name: 'delete',
  summary: 'Delete a project',
  details:
    'Asks for confirmation. A project with builds, artifacts, environments or secrets is deleted only with --force, ' +
    'which also cancels its runs, revokes its tokens and deletes its secrets, files and images. Deployed functions keep ' +
    'running.',
  args,
  options: {
    force: flag('--force', 'Also delete everything in the project'),
    yes: flag('--yes', 'Skip the confirmation'),
  },
  examples: ['staithe project delete hello', 'staithe project delete hello --force --yes'],
  calls: ['deleteProject'],
  async run({ args, options }, { api }) {
    const content = options.force ? ' and everything in it' : '';
    if (!options.yes) await confirm(`Deleting project ${args.project}${content}`, args.project);
    await api.call('deleteProject', {
      params: { project: args.project },
      ...(options.force && { query: { force: 'true' } }),
    });
    return { json: { project: args.project, deleted: true }, text: `Deleted project ${args.project}` };
  },
});

export const project: CommandGroup = {
  name: 'project',
  commands: [create, list, show, update, stop, resume, remove],
};
