/** `staithe delivery`. */
import type { Delivery } from './api/resources.ts';
import { type CommandGroup, command } from './command/command.ts';
import { listAcrossCommand } from './command/list.ts';
import { choice } from './command/option.ts';
import { deliveryNotes, deliveryText } from './deliveries/view.ts';
import { moment } from './terminal/format.ts';
import { status } from './terminal/style.ts';
import type { Column } from './terminal/table.ts';

/** Longer reasons are cut in a table; `delivery show` prints them in full. */
const MAX_REASON = 60;
const shortened = (reason: string): string =>
  reason.length > MAX_REASON ? `${reason.slice(0, MAX_REASON - 1)}…` : reason;

const REPOSITORY: Column<Delivery> = { title: 'repository', value: (delivery) => delivery.repository };

const show = command({
  name: 'show',
  summary: 'Show a received webhook and its result',
  args: { delivery: 'Delivery id (dlv_…)' },
  examples: ['staithe delivery show dlv_01JZX3V5N8Q2R4T6W8Y0A1B2C3'],
  calls: ['getDelivery'],
  async run({ args }, { api }) {
    const delivery = await api.call('getDelivery', { params: { delivery: args.delivery } });
    return { json: delivery, text: deliveryText(delivery), notes: deliveryNotes(delivery) };
  },
});

const list = listAcrossCommand({
  summary: 'List received webhooks and their results, newest first',
  details:
    'A webhook is listed for each project of its repository, with the decision for that project. With --all-projects and ' +
    'a token that is not bound to a project, webhooks that belong to no project are listed too.',
  options: {
    decision: choice('--decision <decision>', 'Only webhooks with this decision', [
      'received',
      'building',
      'duplicate',
      'ignored',
      'failed',
    ]),
  },
  examples: [
    'staithe delivery list --project hello',
    'staithe delivery list --all-projects --decision failed --since 1d',
  ],
  calls: ['listDeliveries'],
  columns: async (project): Promise<readonly Column<Delivery>[]> => [
    { title: 'id', value: (delivery) => delivery.id },
    ...(project === undefined ? [REPOSITORY] : []),
    { title: 'event', value: (delivery) => delivery.event },
    { title: 'ref', value: (delivery) => delivery.ref },
    { title: 'decision', value: (delivery) => delivery.decision.kind, style: status },
    {
      title: 'build',
      value: (delivery) => delivery.builds.map((build) => build.build_id).join(', ') || undefined,
    },
    {
      title: 'reason',
      value: ({ decision }) => (decision.kind === 'building' ? undefined : shortened(decision.reason)),
    },
    { title: 'received', value: (delivery) => moment(delivery.received_at) },
  ],
  filterOf: (options) => ({ ...(options.decision && { decision: options.decision }) }),
  readPage: (project, api, query) =>
    api.call('listDeliveries', { query: { ...query, ...(project !== undefined && { project }) } }),
  nextWhenEmpty: () => 'staithe webhook send <payload.json>',
});

export const delivery: CommandGroup = { name: 'delivery', commands: [show, list] };
