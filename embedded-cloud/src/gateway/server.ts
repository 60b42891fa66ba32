/** The one HTTP server that takes every AWS SDK call. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Exchange, type GatewayOptions } from './exchange.ts';

/** Longer than the SDK keeps an idle connection, so that the server is never the one to close it under a request. */
const KEEP_ALIVE_MILLISECONDS = 120_000;

export function createGateway(options: GatewayOptions): Server {
  const settings = { keepAliveTimeout: KEEP_ALIVE_MILLISECONDS, requestTimeout: 0, noDelay: true };
  const server = createServer(settings, (request, response) => {
    void new Exchange(options, request, response, () => {}).run();
  });
  // The SDK waits with large bodies for this; a bad signature is answered before anything is sent.
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    void new Exchange(options, request, response, () => response.writeContinue()).run();
  });
  return server;
}
