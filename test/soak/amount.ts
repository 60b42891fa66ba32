/** How much of each load a run makes: a slice, with another seed each time, or all of it. */
export const FULL = process.env.SOAK === 'full';

export const AMOUNT = {
  /** Kills of the server with everything that it has started; on two servers side by side. */
  serverKills: FULL ? 300 : 20,
  /** Kills of single processes of it, each kind of test/soak/victims.ts as often as another. A slice takes a minute, all of it ten. */
  childKills: FULL ? 500 : 40,
  queuedBuilds: FULL ? 500 : 60,
  fuzzedRequests: FULL ? 20_000 : 3_000,
  connections: 1_200,
  halfOpen: 300,
};
