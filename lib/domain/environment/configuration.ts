/** What a deployment takes from its environment beside the release. */
import type { Environment } from './schema.ts';

export const CONFIGURATION = [
  'target',
  'variables',
  'health_path',
  'health_status',
  'health_follow',
  'health_body',
  'health_headers',
  'health_max_ms',
  'test',
] as const satisfies readonly (keyof Environment)[];

export type Configuration = Pick<Environment, (typeof CONFIGURATION)[number] | 'config_version'>;

export const configurationOf = (from: Configuration): Configuration => ({
  target: from.target,
  variables: from.variables,
  health_path: from.health_path,
  health_status: from.health_status,
  health_follow: from.health_follow,
  health_body: from.health_body,
  health_headers: from.health_headers,
  health_max_ms: from.health_max_ms,
  test: from.test,
  config_version: from.config_version,
});
