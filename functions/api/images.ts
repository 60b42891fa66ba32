import { jwtJobTokens } from '../../lib/aws/job-tokens.ts';
import { ociRegistry } from '../../lib/aws/oci-registry.ts';
import { managedProjectSecrets } from '../../lib/aws/project-secrets.ts';
import { ecrRegistry } from '../../lib/aws/registry.ts';
import { dynamoTable } from '../../lib/aws/table.ts';
import { clock, randomness } from '../../lib/aws/world.ts';
import { IMAGE_ROUTES } from '../../lib/contract/routes/images.ts';
import * as Image from '../../lib/domain/image/index.ts';
import { pullToken } from '../../lib/domain/image/pull.ts';
import * as Project from '../../lib/domain/project/index.ts';
import { serve } from '../../lib/http/serve.ts';

const ports = {
  table: dynamoTable(),
  jobTokens: jwtJobTokens(),
  registry: ecrRegistry(),
  externalRegistry: ociRegistry,
  projectSecrets: managedProjectSecrets(),
  clock,
  randomness,
};

export const handler = serve(
  'images',
  IMAGE_ROUTES,
  {
    createRegistryToken: ({ actor, params }) => Image.registryToken(ports, actor, params.job),
    createPullToken: async ({ actor, params }) =>
      pullToken(ports, await Project.resolve(ports, actor, params.project)),
    recordImage: ({ actor, params, body }) => Image.record(ports, actor, params.job, body),
  },
  ports,
);
