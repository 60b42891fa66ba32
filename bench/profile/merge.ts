/** From what many processes have told to a table: where the processors' time went. Pure. */
import * as z from 'zod';

export const KINDS = ['gateway', 'functions', 'agent', 'others'] as const;
export type Kind = (typeof KINDS)[number];

/** A function by its name, file, line and column (from 0; -1 where there is none), and how often it was seen running. */
const Frame = z.tuple([z.string(), z.string(), z.coerce.number(), z.coerce.number(), z.number()]);

export const Told = z.object({
  kind: z.enum(KINDS),
  /** Milliseconds since the epoch. */
  from: z.number(),
  to: z.number(),
  /** Processor time that Node took to start, of a process that is told of for the first time. */
  startingMs: z.number(),
  cpuMs: z.number(),
  frames: z.array(Frame),
});
export type Told = z.infer<typeof Told>;

/** Puts messages together from lines that came in any order: `<id> <part> <parts> <base64>`. */
export class Assembler {
  readonly #parts = new Map<string, string[]>();

  /** @returns the message, when this line completes one */
  take(line: string): Told | undefined {
    const [id = '', part = '', count = '', text = ''] = line.split(' ');
    const parts = this.#parts.get(id) ?? [];
    parts[Number(part)] = text;
    this.#parts.set(id, parts);
    if (Object.keys(parts).length < Number(count)) return undefined;
    this.#parts.delete(id);
    return Told.parse(JSON.parse(Buffer.from(parts.join(''), 'base64').toString()));
  }
}

/** What is sampled while a process waits: no time of a processor. The warm machine's Node waits in a read. */
const isWaiting = (name: string, file: string) =>
  name === '(idle)' || (name === 'readSync' && file === 'node:fs');

export type Areas = ReadonlyMap<string, number>;

/**
 * Processor time by kind of process and area. A process's time is divided as its samples are, so that a machine with
 * other work distorts little: it is sampled by the clock, but while it waits for a processor nothing else runs in it.
 */
export function byArea(
  messages: readonly Told[],
  areaOf: (frame: { name: string; file: string; line: number; column: number }) => string,
): ReadonlyMap<Kind, Areas> {
  const result = new Map<Kind, Map<string, number>>();
  for (const { kind, startingMs, cpuMs, frames } of messages) {
    const areas = result.get(kind) ?? new Map<string, number>();
    result.set(kind, areas);
    const add = (area: string, milliseconds: number) =>
      areas.set(area, (areas.get(area) ?? 0) + milliseconds);
    if (startingMs > 0) add('Node: starting', startingMs);
    const running = frames.filter(([name, file]) => !isWaiting(name, file));
    const all = running.reduce((sum, frame) => sum + frame[4], 0);
    for (const [name, file, line, column, ticks] of running)
      add(areaOf({ name, file, line, column }), (ticks / all) * cpuMs);
  }
  return result;
}

export const totalOf = (areas: Areas): number => [...areas.values()].reduce((sum, each) => sum + each, 0);
