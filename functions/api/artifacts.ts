import { s3Blobs } from '../../lib/aws/blobs.ts';
import { dynamoTable } from '../../lib/aws/table.ts';
import { clock, randomness } from '../../lib/aws/world.ts';
import { ARTIFACT_ROUTES } from '../../lib/contract/routes/artifacts.ts';
import * as Artifact from '../../lib/domain/artifact/index.ts';
import * as Multipart from '../../lib/domain/artifact/multipart.ts';
import * as Posted from '../../lib/domain/artifact/posted.ts';
import * as Upload from '../../lib/domain/artifact/upload.ts';
import { remove } from '../../lib/domain/artifact/use.ts';
import * as Project from '../../lib/domain/project/index.ts';
import { serve } from '../../lib/http/serve.ts';

const ports = { table: dynamoTable(), blobs: s3Blobs(), clock, randomness };

export const handler = serve(
  'artifacts',
  ARTIFACT_ROUTES,
  {
    createArtifact: async ({ actor, body, seed }) =>
      Upload.create(ports, actor, await Upload.projectOf(ports, actor, body.project), body, seed),
    listArtifacts: async ({ actor, query }) =>
      Artifact.list(ports, await Project.listed(ports, actor, query.project), query),
    getArtifact: ({ actor, params }) => Artifact.get(ports, actor, params.artifact),
    deleteArtifact: ({ actor, params }) => remove(ports, actor, params.artifact),
    downloadArtifact: async ({ actor, params }) => {
      const { url, digest } = await Artifact.download(ports, actor, params.artifact);
      return { location: url, headers: { 'x-staithe-digest': digest } };
    },
    uploadArtifact: ({ actor, params, bytes }) => Posted.receive(ports, actor, params.artifact, bytes),
    beginMultipart: ({ actor, params }) => Multipart.begin(ports, actor, params.artifact),
    getMultipart: ({ actor, params }) => Multipart.find(ports, actor, params.artifact),
    signParts: ({ actor, params, body }) => Multipart.sign(ports, actor, params.artifact, body),
    completeArtifact: ({ actor, params }) => Multipart.complete(ports, actor, params.artifact),
  },
  ports,
);
