/** A probe that answers as a test says, and remembers what it was asked. */
import type { Answer, Probe, Response } from '../../lib/domain/ports/probe.ts';

/** As much of a response as a test cares for. */
export type Said = (Pick<Response, 'status'> & Partial<Response>) | { readonly failure: string };

export const answerOf = (said: Said): Answer =>
  'failure' in said ? said : { headers: {}, body: '', milliseconds: 5, ...said };

export interface MemoryProbe extends Probe {
  answer: Said;
  readonly asked: readonly string[];
}

export function memoryProbe(): MemoryProbe {
  const asked: string[] = [];
  const self: MemoryProbe = {
    answer: { status: 200 },
    asked,
    async get(url) {
      asked.push(url);
      return answerOf(self.answer);
    },
  };
  return self;
}
