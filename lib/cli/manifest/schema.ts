import { manifestJsonSchema } from '../../domain/manifest/json-schema.ts';
import { command } from '../command.ts';
import { flag } from '../option.ts';

export const schema = command({
  name: 'schema',
  summary: 'Print the JSON Schema of manifests, for editors',
  details:
    'Editors with the YAML language server complete and explain a staithe.yaml whose first line is ' +
    '`# yaml-language-server: $schema=<path or URL of the schema>`. A server has it at /v1/manifest.schema.json.',
  options: { server: flag('--server', "the server's schema instead of this program's own") },
  examples: ['staithe manifest schema > staithe.schema.json', 'staithe manifest schema --server'],
  calls: ['getManifestSchema'],
  async run({ options }, { api }) {
    const document = options.server ? await api.call('getManifestSchema') : manifestJsonSchema();
    return { json: document, text: JSON.stringify(document, null, 2) };
  },
});
