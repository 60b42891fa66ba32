/** What a job was at when it failed: the first thing that a diagnosis goes by. */
export const PHASES = [
  /** Getting the source's archive from storage. */
  'fetch',
  /** `git clone` of a source that no archive was made of. */
  'clone',
  'unpack',
  /** Reading what to build: staithe.yaml, context, Dockerfile. */
  'prepare',
  /** A command of the service. */
  'command',
  /** Building a container image. */
  'image',
  /** Signing in to a registry, and pushing. */
  'push',
  'pack',
  'upload',
  /** The agent's own talk with the API: claim, secrets, caches, report. */
  'agent',
] as const;
export type Phase = (typeof PHASES)[number];
