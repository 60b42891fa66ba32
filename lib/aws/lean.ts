/** SDK clients without the work that each call would repeat, or do for nobody. */

interface SdkClient {
  readonly config: { cacheMiddleware?: boolean };
  readonly middlewareStack: { remove(name: string): boolean };
}

/**
 * The middleware of a command is put together once instead of for each call, so nothing can be added to it after the
 * first. The SDK's own logger goes: with no logger set, it still copies each request and answer without what is
 * sensitive. Not for S3: some of its commands keep their input in their middleware.
 */
export function lean<Client extends SdkClient>(client: Client): Client {
  client.config.cacheMiddleware = true;
  client.middlewareStack.remove('loggerMiddleware');
  return client;
}
