/** An execution environment of a pool, and what it shares with those of other pools. */
import type { Environment } from './environment.ts';
import type { EnvironmentLog } from './environment-log.ts';
import type { Limits } from './limits.ts';
import type { Processors } from './processors.ts';
import type { Place, Room } from './room.ts';
import type { RuntimeApi } from './runtime-api.ts';
import type { StartGate } from './start-gate.ts';

export interface Member {
  readonly environment: Environment;
  readonly log: EnvironmentLog;
  readonly place: Place;
  /** Since when it has had its event, or has been starting, by performance.now(). */
  busySince?: number;
  /** Until when it has to serve to be worth its start, by the same clock. */
  paidOff?: number;
}

/** For how long each has had its event, or has been starting, in milliseconds; those that are idle are left out. */
export function busyFor(members: Iterable<Member>, now: number): number[] {
  return [...members].flatMap(({ busySince }) => (busySince === undefined ? [] : [now - busySince]));
}

/** What the pools of a fleet share. */
export interface Shared {
  readonly api: RuntimeApi;
  readonly gate: StartGate;
  readonly room: Room;
  readonly limits: Limits;
  readonly processors: Processors;
}
