import { dynamoTable } from '../../lib/aws/table.ts';
import { clock, randomness } from '../../lib/aws/world.ts';
import { CACHE_ROUTES } from '../../lib/contract/routes/caches.ts';
import * as Cache from '../../lib/domain/cache/index.ts';
import * as Project from '../../lib/domain/project/index.ts';
import { serve } from '../../lib/http/serve.ts';

const ports = { table: dynamoTable(), clock, randomness };

export const handler = serve(
  'caches',
  CACHE_ROUTES,
  {
    listCaches: async ({ actor, params, query }) =>
      Cache.list(ports, await Project.resolve(ports, actor, params.project), query),
    purgeCaches: async ({ actor, params, query }) =>
      Cache.purge(ports, await Project.resolve(ports, actor, params.project), query),
  },
  ports,
);
