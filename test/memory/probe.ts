/** A probe that answers as a test says, and remembers what it was asked. */
import type { Probe } from '../../lib/domain/ports/index.ts';

export interface MemoryProbe extends Probe {
  answer: Awaited<ReturnType<Probe['get']>>;
  readonly asked: readonly string[];
}

export function memoryProbe(): MemoryProbe {
  const asked: string[] = [];
  const self: MemoryProbe = {
    answer: { status: 200 },
    asked,
    async get(url) {
      asked.push(url);
      return self.answer;
    },
  };
  return self;
}
