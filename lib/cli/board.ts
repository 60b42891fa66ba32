/** `staithe board` and `staithe approvals`. */
import type { Board, Deployment } from './api/resources.ts';
import { command } from './command/command.ts';
import { flag, projectOption, text } from './command/option.ts';
import { age, moment } from './terminal/format.ts';
import { fields, table } from './terminal/table.ts';

type Entry = Board['environments'][number];

const nameOf = ({ id, version, tag }: NonNullable<Entry['release']>): string => version ?? tag ?? id;

/** What is going on in an environment, in a few words. */
function activity({ active, waiting, hold, frozen_until: frozen }: Entry): string {
  return [
    active && `${active.id} ${active.status} (${active.stage})`,
    ...waiting.map(
      ({ id, status, waits_for }) => `${id} ${status}: ${waits_for.map(({ message }) => message).join(' ')}`,
    ),
    hold && `on hold: ${hold.reason}`,
    frozen && `frozen until ${moment(frozen)}`,
  ]
    .filter((line) => line !== undefined)
    .join('\n');
}

function boardText({ stopped, newest_release: newest, environments }: Board): string {
  const head = fields([
    ['newest release', newest === undefined ? 'none' : nameOf(newest)],
    ['stopped', stopped && `${stopped.reason} (since ${moment(stopped.since)}, by ${stopped.by})`],
  ]);
  const rows = table(environments, [
    { title: 'environment', value: ({ environment }) => environment },
    { title: 'release', value: ({ release }) => release && nameOf(release) },
    { title: 'behind', value: ({ behind }) => behind },
    { title: 'since', value: ({ since }) => since && age(since) },
    { title: 'url', value: ({ url }) => url },
  ]);
  const notes = environments
    .map((entry) => ({ name: entry.environment, text: activity(entry) }))
    .filter(({ text: lines }) => lines !== '')
    .map(({ name, text: lines }) => `${name}:\n${lines.replace(/^/gm, '  ')}`);
  return [head, rows, ...notes].join('\n\n');
}

export const board = command({
  name: 'board',
  summary: 'Show what runs where, what waits and for whom, and how far each environment is behind',
  options: { project: projectOption },
  examples: ['staithe board --project hello'],
  calls: ['getBoard'],
  async run({ options }, { api }) {
    const found = await api.call('getBoard', { params: { project: options.project } });
    return { json: found, text: boardText(found) };
  },
});

export const approvals = command({
  name: 'approvals',
  summary: 'List the deployments that wait for your approval',
  options: {
    project: text('--project <project>', 'Project by slug or id (default: all projects)'),
    all: flag('--all', 'Also deployments that others have to approve'),
  },
  examples: ['staithe approvals', 'staithe approvals --project hello --all'],
  calls: ['listApprovals'],
  async run({ options }, { api }) {
    const { items } = await api.call('listApprovals', {
      query: {
        of: options.all ? 'all' : 'mine',
        ...(options.project !== undefined && { project: options.project }),
      },
    });
    const rows = table(items, [
      { title: 'id', value: (deployment: Deployment) => deployment.id },
      { title: 'project', value: (deployment) => deployment.project_id },
      { title: 'environment', value: (deployment) => deployment.environment },
      { title: 'release', value: (deployment) => deployment.release_id },
      {
        title: 'waits for',
        value: (deployment) => deployment.waits_for.map(({ message }) => message).join(' '),
      },
      {
        title: 'created',
        value: (deployment) => `${moment(deployment.created_at)} by ${deployment.created_by}`,
      },
    ]);
    const [first] = items;
    return first === undefined
      ? { json: { items }, text: '', notes: ['No deployment waits for approval.'] }
      : { json: { items }, text: rows, notes: [`next: staithe deployment approve ${first.id}`] };
  },
});
