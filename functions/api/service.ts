import { setting } from '../../lib/aws/settings.ts';
import { openApiDocument } from '../../lib/contract/openapi.ts';
import { VERSION } from '../../lib/contract/version.ts';
import { serve } from '../../lib/http/serve.ts';

let document: Record<string, unknown> | undefined;

export const handler = serve('service', {
  getHealth: async () => ({ status: 'ok' as const, version: VERSION }),
  getOpenApi: async () => {
    document ??= openApiDocument(VERSION, setting('STAITHE_API_URL'));
    return document;
  },
});
