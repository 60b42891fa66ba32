/** A function's settings: environment variables that the infrastructure sets together with the grant that they need. */

/** @throws Error naming the variable, at cold start: a function without its settings must not take requests */
export function setting(name: SettingName): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`The environment variable ${name} is not set.`);
  return value;
}

export type SettingName =
  | 'STAITHE_TABLE'
  | 'STAITHE_BUCKET'
  | 'STAITHE_STATE_MACHINES'
  | 'STAITHE_BUILD_LOG_GROUP'
  | 'STAITHE_LOG_READS_PER_SECOND'
  | 'STAITHE_FUNCTION_ROLE'
  | 'STAITHE_FUNCTION_NAMES'
  | 'STAITHE_FUNCTION_ARNS'
  | 'STAITHE_FUNCTION_RUNTIMES'
  | 'STAITHE_SITES_BUCKET'
  | 'STAITHE_SITES_STORE'
  | 'STAITHE_SITES_URL'
  | 'STAITHE_SITE_DOMAINS'
  | 'STAITHE_PROCESSES'
  | 'STAITHE_JOB_TOKEN_SECRET'
  | 'STAITHE_WEBHOOK_SECRET'
  | 'STAITHE_PROJECT_SECRETS'
  | 'STAITHE_GIT_HOST_URL'
  | 'STAITHE_REGISTRY_PREFIX'
  | 'STAITHE_REGISTRY_PUSH_ROLE'
  | 'STAITHE_REGISTRY_PULL_ROLE'
  | 'STAITHE_EVENT_BUS'
  | 'STAITHE_DEAD_LETTERS'
  | 'STAITHE_COMPUTE'
  | 'STAITHE_BUILD_REUSE'
  | 'STAITHE_FORK_IMAGE_BUILDS'
  | 'STAITHE_SUBSCRIPTION_SECRETS'
  | 'STAITHE_MAIL_SENDER'
  | 'STAITHE_LOOPBACK_WEBHOOKS'
  | 'STAITHE_API_URL';
