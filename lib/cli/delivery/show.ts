import { command } from '../command.ts';
import { deliveryNotes, deliveryText } from './view.ts';

export const show = command({
  name: 'show',
  summary: 'Show a webhook that came and what came of it',
  args: { delivery: 'id of the delivery (dlv_…)' },
  examples: ['staithe delivery show dlv_01JZX3V5N8Q2R4T6W8Y0A1B2C3'],
  calls: ['getDelivery'],
  async run({ args }, { api }) {
    const delivery = await api.call('getDelivery', { params: { delivery: args.delivery } });
    return { json: delivery, text: deliveryText(delivery), notes: deliveryNotes(delivery) };
  },
});
