/** A reader of the log of an environment's function, to whom waiting takes no time but the clock's. */
import { type ReadOptions, read } from '../../../lib/domain/deployment/log.ts';
import * as Environment from '../../../lib/domain/environment/index.ts';
import {
  type Environment as EnvironmentValue,
  PutEnvironment,
} from '../../../lib/domain/environment/schema.ts';
import { type World, world } from '../world.ts';

type Page = Awaited<ReturnType<typeof read>>;

export const texts = ({ items }: Page) => items.map(({ message }) => message);

export class Reader {
  place: World;
  environment: EnvironmentValue;

  constructor(place: World, environment: EnvironmentValue) {
    this.place = place;
    this.environment = environment;
  }

  static async start(): Promise<Reader> {
    const place = await world();
    const reader = new Reader(place, await environmentOf(place));
    place.ports.functionLogs.owners.set('hello', place.project.id);
    return reader;
  }

  async put(functionName?: string, variables?: Record<string, string>): Promise<void> {
    this.environment = await environmentOf(this.place, functionName, variables);
  }

  now(): number {
    return this.place.ports.clock.now().getTime();
  }

  prints(message: string, at = this.now(), version = '1') {
    return this.place.ports.functionLogs.append('hello', { timestamp: at, message, version });
  }

  page(options: Partial<ReadOptions> = {}): Promise<Page> {
    const { ports } = this.place;
    return read(ports, this.environment, { limit: 500, ...options }, async (milliseconds) =>
      ports.clock.advance(milliseconds),
    );
  }
}

const environmentOf = (place: World, functionName = 'hello', variables: Record<string, string> = {}) =>
  Environment.put(
    place.ports,
    place.project,
    'test',
    PutEnvironment.parse({ target: { kind: 'lambda', function_name: functionName }, variables }),
  );
