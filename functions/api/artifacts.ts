import { s3Blobs } from '../../lib/aws/blobs.ts';
import { dynamoTable } from '../../lib/aws/table.ts';
import { clock, randomness } from '../../lib/aws/world.ts';
import * as Artifact from '../../lib/domain/artifact/index.ts';
import * as Project from '../../lib/domain/project/index.ts';
import { serve } from '../../lib/http/serve.ts';

const ports = { table: dynamoTable(), blobs: s3Blobs(), clock, randomness };

export const handler = serve(
  'artifacts',
  {
    listArtifacts: async ({ actor, query }) =>
      Artifact.list(ports, await Project.resolve(ports, actor, query.project), query),
    getArtifact: ({ actor, params }) => Artifact.get(ports, actor, params.artifact),
    downloadArtifact: async ({ actor, params }) => {
      const { url, digest } = await Artifact.download(ports, actor, params.artifact);
      return { location: url, headers: { 'x-staithe-digest': digest } };
    },
  },
  ports,
);
