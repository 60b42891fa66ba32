/** Functions that show what the runtime does. */
import { inline } from '../../test-kit/running.ts';

export const functions: Record<string, unknown> = {
  Echo: inline(
    'exports.handler = async (event, context) => ({ event, context: { ...context, left: context.getRemainingTimeInMillis() } });',
  ),
  Sync: inline('exports.handler = (event) => ({ doubled: event.n * 2 });'),
  Callback: inline(
    'exports.handler = (event, context, callback) => { setTimeout(() => callback(null, { late: true }), 20); };',
  ),
  Callback24: inline('exports.handler = (event, context, callback) => callback(null, 1);', {
    Runtime: 'nodejs24.x',
  }),
  Module: inline('export const handler = async () => (await import("node:path")).basename("/a/b");'),
  Throws: inline(
    'class Refused extends Error { name = "Refused"; } exports.handler = async () => { throw new Refused("no"); };',
  ),
  ThrowsText: inline('exports.handler = async () => { throw "only text"; };'),
  Uncaught: inline(
    'exports.handler = () => new Promise(() => setTimeout(() => { throw new TypeError("later"); }, 1));',
  ),
  Rejected: inline(
    'exports.handler = () => { Promise.reject(new Error("nobody waits")); return new Promise(() => setTimeout(() => {}, 1e6)); };',
  ),
  Exits: inline('exports.handler = async () => { process.exit(7); };'),
  Killed: inline(
    'exports.handler = async () => { process.kill(process.pid, "SIGKILL"); await new Promise(() => setTimeout(() => {}, 1e6)); };',
  ),
  Slow: inline('exports.handler = () => new Promise(() => setTimeout(() => {}, 1e6));', { Timeout: 1 }),
  Spins: inline('exports.handler = async () => { for (;;); };', { Timeout: 1 }),
  NoHandler: inline('exports.other = () => 1;'),
  NoModule: inline('exports.handler = () => 1;', { Handler: 'dir/missing.handler' }),
  MissingImport: inline('require("not-there"); exports.handler = () => 1;'),
  Broken: inline('exports.handler = ('),
  FailsToStart: inline('throw new RangeError("at import");'),
  NotJson: inline('exports.handler = async () => ({ n: 1n });'),
  TooBig: inline('exports.handler = async () => "x".repeat(6_300_000);'),
  Counter: inline(
    'let n = 0; exports.handler = async (event) => { if (event.crash) process.exit(1); return ++n; };',
  ),
  Environment: inline(
    'exports.handler = async () => ({ env: process.env, argv: process.argv.slice(2), cwd: process.cwd() });',
    {
      Environment: { Variables: { GREETING: 'hello' } },
      MemorySize: 256,
    },
  ),
  Heap: inline('exports.handler = async () => require("node:v8").getHeapStatistics().heap_size_limit;', {
    MemorySize: 256,
  }),
  Parallel: inline(
    'exports.handler = async (event) => { await new Promise((r) => setTimeout(r, event.wait)); return process.pid; };',
    {
      ReservedConcurrentExecutions: 2,
    },
  ),
  Off: inline('exports.handler = async () => 1;', { ReservedConcurrentExecutions: 0 }),
};
