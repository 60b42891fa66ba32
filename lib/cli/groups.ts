/** What `staithe` can be asked for: the nouns with their verbs, and a few verbs of their own. Loaded when asked for. */
import type { Command, CommandGroup } from './command.ts';

interface GroupEntry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<CommandGroup>;
}

interface SingleEntry {
  readonly name: string;
  readonly alias?: string;
  readonly load: () => Promise<Command>;
}

/** In the order of the way from a project to a deployment, which is the order of the help. */
export const GROUPS: readonly GroupEntry[] = [
  {
    name: 'project',
    summary: 'Projects: each owns its builds, releases and environments',
    load: async () => (await import('./project/index.ts')).project,
  },
  {
    name: 'manifest',
    summary: 'Manifests: what staithe.yaml says',
    load: async () => (await import('./manifest/index.ts')).manifest,
  },
  {
    name: 'source',
    summary: 'Sources: uploaded archives of a project',
    load: async () => (await import('./source/index.ts')).source,
  },
  {
    name: 'build',
    summary: 'Builds: what to build, their runs, logs and artifacts',
    load: async () => (await import('./build/index.ts')).build,
  },
  {
    name: 'run',
    summary: 'Runs: single executions of a build',
    load: async () => (await import('./run/index.ts')).run,
  },
  {
    name: 'job',
    summary: 'Jobs: the parts of a run, one for each service',
    load: async () => (await import('./job/index.ts')).job,
  },
  {
    name: 'artifact',
    summary: 'Artifacts: what builds produced and users uploaded',
    load: async () => (await import('./artifact/index.ts')).artifact,
  },
  {
    name: 'registry',
    summary: 'Registry: where the images of projects are pulled from',
    load: async () => (await import('./registry/index.ts')).registry,
  },
  {
    name: 'secret',
    summary: 'Secrets: what only builds see',
    load: async () => (await import('./secret/index.ts')).secret,
  },
  {
    name: 'cache',
    summary: 'Caches: what one build leaves for the next',
    load: async () => (await import('./cache/index.ts')).cache,
  },
  {
    name: 'release',
    summary: 'Releases: artifacts frozen by digest',
    load: async () => (await import('./release/index.ts')).release,
  },
  {
    name: 'environment',
    summary: 'Environments: places to deploy to',
    load: async () => (await import('./environment/index.ts')).environment,
  },
  {
    name: 'deployment',
    summary: 'Deployments: releases going to environments',
    load: async () => (await import('./deployment/index.ts')).deployment,
  },
  {
    name: 'token',
    summary: 'Tokens: credentials of people and programs',
    load: async () => (await import('./token/index.ts')).token,
  },
  {
    name: 'webhook',
    summary: 'Webhooks: send one as GitHub does',
    load: async () => (await import('./webhook/index.ts')).webhook,
  },
  {
    name: 'delivery',
    summary: 'Deliveries: webhooks that came, and what came of them',
    load: async () => (await import('./delivery/index.ts')).delivery,
  },
  {
    name: 'dead-letter',
    summary: 'Dead letters: events that came to nothing, and their redrive',
    load: async () => (await import('./dead-letter/index.ts')).deadLetter,
  },
];

export const SINGLES: readonly SingleEntry[] = [
  { name: 'start', load: async () => (await import('./installation/start.ts')).start },
  { name: 'deploy', load: async () => (await import('./deployment/deploy.ts')).deploy },
  { name: 'status', alias: 'health', load: async () => (await import('./account/status.ts')).status },
  { name: 'whoami', load: async () => (await import('./account/whoami.ts')).whoami },
  { name: 'login', load: async () => (await import('./account/login.ts')).login },
  { name: 'logout', load: async () => (await import('./account/logout.ts')).logout },
  { name: 'install', load: async () => (await import('./installation/install.ts')).install },
  { name: 'openapi', load: async () => (await import('./account/openapi.ts')).openapi },
];
