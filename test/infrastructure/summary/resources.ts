/** The resources of a template and their properties, each taken by the one line that tells it; what nothing takes is told too. */
import type { Resource } from '../template.ts';
import { type Fields, fieldLines, nameOf, text } from './words.ts';

/** The resources of a template, of which each section takes those that it tells of. */
export class Resources {
  readonly #left: Map<string, Resource>;

  constructor(all: Readonly<Record<string, Resource>>) {
    this.#left = new Map(Object.entries(all));
  }

  take(type: string): [name: string, properties: Properties, resource: Resource][] {
    const taken = [...this.#left].filter(([, { Type }]) => Type === type);
    for (const [id] of taken) this.#left.delete(id);
    return taken.map(([id, resource]) => [nameOf(id), new Properties(resource.Properties), resource]);
  }

  get types(): string[] {
    return [...new Set([...this.#left.values()].map(({ Type }) => Type))].toSorted();
  }
}

/** The properties of a resource, of which a line takes those that it has a place for. */
export class Properties {
  readonly #left: Map<string, unknown>;

  constructor(all: Fields) {
    this.#left = new Map(Object.entries(all));
  }

  take(name: string): unknown {
    const value = this.#left.get(name);
    this.#left.delete(name);
    return value;
  }

  /** Takes what is as it always is, and stays out of the lines; anything else stays. */
  usual(expected: Readonly<Record<string, string>>): this {
    for (const [name, value] of Object.entries(expected))
      if (text(this.#left.get(name)) === value) this.#left.delete(name);
    return this;
  }

  /** What nothing has taken, a line each. */
  get rest(): string[] {
    return fieldLines(Object.fromEntries([...this.#left].toSorted(([a], [b]) => (a < b ? -1 : 1))));
  }
}
