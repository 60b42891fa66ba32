import { s3Blobs } from '../../lib/aws/blobs.ts';
import { dynamoTable } from '../../lib/aws/table.ts';
import { clock, randomness } from '../../lib/aws/world.ts';
import { SOURCE_ROUTES } from '../../lib/contract/routes/sources.ts';
import { idFrom } from '../../lib/domain/id.ts';
import * as Project from '../../lib/domain/project/index.ts';
import * as Source from '../../lib/domain/source/index.ts';
import { serve } from '../../lib/http/serve.ts';

const ports = { table: dynamoTable(), blobs: s3Blobs(), clock, randomness };

export const handler = serve(
  'sources',
  SOURCE_ROUTES,
  {
    createSource: async ({ actor, params, body, seed }) =>
      Source.create(
        ports,
        actor,
        await Project.resolve(ports, actor, params.project),
        body,
        seed && idFrom('source', seed),
      ),
    getSource: ({ actor, params }) => Source.get(ports, actor, params.source),
  },
  ports,
);
