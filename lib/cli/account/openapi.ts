import { command } from '../command.ts';

export const openapi = command({
  name: 'openapi',
  summary: 'Print the OpenAPI document of the server',
  examples: ['staithe openapi > openapi.json'],
  calls: ['getOpenApi'],
  async run(_, { api }) {
    const document = await api.call('getOpenApi');
    return { json: document, text: JSON.stringify(document, null, 2) };
  },
});
