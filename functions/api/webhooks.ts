import { managedSecrets } from '../../lib/aws/secrets.ts';
import { dynamoTable } from '../../lib/aws/table.ts';
import { clock, randomness } from '../../lib/aws/world.ts';
import { WEBHOOK_ROUTES } from '../../lib/contract/routes/webhooks.ts';
import * as Delivery from '../../lib/domain/delivery/index.ts';
import * as Project from '../../lib/domain/project/index.ts';
import { serve } from '../../lib/http/serve.ts';

const ports = { table: dynamoTable(), secrets: managedSecrets(), clock, randomness };

export const handler = serve(
  'webhooks',
  WEBHOOK_ROUTES,
  {
    receiveGithubWebhook: async ({ headers, bytes }) => {
      const delivery = await Delivery.receive(ports, {
        event: headers['x-github-event'] ?? '',
        guid: headers['x-github-delivery'] ?? '',
        signature: headers['x-hub-signature-256'],
        body: bytes,
      });
      return { delivery_id: delivery.id };
    },
    listDeliveries: async ({ actor, query }) =>
      Delivery.list(ports, actor, await Project.listed(ports, actor, query.project), query),
    getDelivery: ({ actor, params }) => Delivery.get(ports, actor, params.delivery),
  },
  ports,
);
