/** The typed client of the whole contract, for the CLI, the console and tests. */
import { type ClientOf, type ClientOptions, createClientOf } from './route-client.ts';
import { ROUTES, type Routes } from './routes.ts';

export {
  ApiError,
  type CallOf,
  type ClientOptions,
  type Fetch,
  type FetchRequest,
  type FetchResponse,
  UnreachableError,
  urlOf,
} from './route-client.ts';

export type Client = ClientOf<Routes>;

export function createClient(options: ClientOptions): Client {
  return createClientOf(ROUTES, options);
}
