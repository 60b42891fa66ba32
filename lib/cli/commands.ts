/** All commands: nouns with their verbs, and verbs without a noun. A command is loaded only when it is used. */
import type { Command, CommandGroup } from './command/command.ts';

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

/** In the order of the help: from a project to a deployment. */
export const GROUPS: readonly GroupEntry[] = [
  {
    name: 'project',
    summary: 'Projects, which own builds, releases and environments',
    load: async () => (await import('./project.ts')).project,
  },
  {
    name: 'manifest',
    summary: 'Manifests (staithe.yaml)',
    load: async () => (await import('./manifest.ts')).manifest,
  },
  {
    name: 'source',
    summary: 'Uploaded source archives',
    load: async () => (await import('./source.ts')).source,
  },
  {
    name: 'build',
    summary: 'Builds with their runs, logs and artifacts',
    load: async () => (await import('./build.ts')).build,
  },
  {
    name: 'run',
    summary: 'Runs, the executions of a build',
    load: async () => (await import('./run.ts')).run,
  },
  {
    name: 'job',
    summary: 'Jobs, the parts of a run that build one service each',
    load: async () => (await import('./job.ts')).job,
  },
  {
    name: 'artifact',
    summary: 'Artifacts of builds and uploaded artifacts',
    load: async () => (await import('./artifact.ts')).artifact,
  },
  {
    name: 'registry',
    summary: 'The container registry of the installation',
    load: async () => (await import('./registry.ts')).registry,
  },
  {
    name: 'secret',
    summary: 'Secrets for builds',
    load: async () => (await import('./secret.ts')).secret,
  },
  {
    name: 'cache',
    summary: 'Caches that builds share',
    load: async () => (await import('./cache.ts')).cache,
  },
  {
    name: 'release',
    summary: 'Releases, immutable sets of artifacts',
    load: async () => (await import('./release.ts')).release,
  },
  {
    name: 'environment',
    summary: 'Environments, the targets of deployments',
    load: async () => (await import('./environment.ts')).environment,
  },
  {
    name: 'deployment',
    summary: 'Deployments of releases to environments',
    load: async () => (await import('./deployment.ts')).deployment,
  },
  {
    name: 'user',
    summary: 'Users and their roles',
    load: async () => (await import('./user.ts')).user,
  },
  {
    name: 'token',
    summary: 'API tokens',
    load: async () => (await import('./token.ts')).token,
  },
  {
    name: 'subscription',
    summary: 'Subscriptions to events: webhooks, Slack, e-mail',
    load: async () => (await import('./subscription.ts')).subscription,
  },
  {
    name: 'audit',
    summary: 'Audit logs: who did what, and proof that no entry was changed',
    load: async () => (await import('./audit.ts')).audit,
  },
  {
    name: 'webhook',
    summary: 'Webhooks, sent as GitHub sends them',
    load: async () => (await import('./webhook.ts')).webhook,
  },
  {
    name: 'delivery',
    summary: 'Received webhooks and their results',
    load: async () => (await import('./delivery.ts')).delivery,
  },
  {
    name: 'dead-letter',
    summary: 'Events that could not be processed',
    load: async () => (await import('./dead-letter.ts')).deadLetter,
  },
];

export const SINGLES: readonly SingleEntry[] = [
  { name: 'mail', load: async () => (await import('./mail.ts')).mail },
  { name: 'start', load: async () => (await import('./installation.ts')).start },
  { name: 'deploy', load: async () => (await import('./deploy.ts')).deploy },
  { name: 'rollback', load: async () => (await import('./deploy.ts')).rollback },
  { name: 'approvals', load: async () => (await import('./board.ts')).approvals },
  { name: 'board', load: async () => (await import('./board.ts')).board },
  { name: 'status', alias: 'health', load: async () => (await import('./account.ts')).status },
  { name: 'whoami', load: async () => (await import('./account.ts')).whoami },
  { name: 'login', load: async () => (await import('./account.ts')).login },
  { name: 'logout', load: async () => (await import('./account.ts')).logout },
  { name: 'install', load: async () => (await import('./installation.ts')).install },
  { name: 'openapi', load: async () => (await import('./account.ts')).openapi },
];
