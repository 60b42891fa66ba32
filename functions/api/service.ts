import { setting } from '../../lib/aws/settings.ts';
import { openApiDocument } from '../../lib/contract/openapi.ts';
import { MANIFEST_ROUTES } from '../../lib/contract/routes/manifests.ts';
import { SERVICE_ROUTES } from '../../lib/contract/routes/service.ts';
import { VERSION } from '../../lib/contract/version.ts';
import { manifestJsonSchema } from '../../lib/domain/manifest/json-schema.ts';
import { serve } from '../../lib/http/serve.ts';

let document: Record<string, unknown> | undefined;
let manifestSchema: Record<string, unknown> | undefined;

export const handler = serve(
  'service',
  { ...SERVICE_ROUTES, ...MANIFEST_ROUTES },
  {
    getHealth: async () => ({ status: 'ok' as const, version: VERSION }),
    getOpenApi: async () => {
      document ??= openApiDocument(VERSION, setting('STAITHE_API_URL'));
      return document;
    },
    getManifestSchema: async () => {
      manifestSchema ??= manifestJsonSchema();
      return manifestSchema;
    },
  },
);
