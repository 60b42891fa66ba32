/** What the backend tells the agent through its environment. */

export interface Settings {
  /** The API's root, without a trailing slash. */
  readonly apiUrl: string;
  readonly jobId: string;
  /** Single use: traded for a job token by the first call. */
  readonly ticket: string;
  /** Where the backend writes what the agent prints: the name of a log stream. */
  readonly logStream: string | undefined;
}

/** @returns the settings, or a sentence that says what is missing */
export function settingsFrom(env: NodeJS.ProcessEnv): Settings | string {
  const { STAITHE_API_URL, STAITHE_JOB_ID, STAITHE_JOB_TICKET, CODEBUILD_LOG_PATH } = env;
  const missing = Object.entries({ STAITHE_API_URL, STAITHE_JOB_ID, STAITHE_JOB_TICKET })
    .filter(([, value]) => value === undefined || value === '')
    .map(([name]) => name);
  if (!STAITHE_API_URL || !STAITHE_JOB_ID || !STAITHE_JOB_TICKET)
    return `The environment has no ${missing.join(' and no ')}. The agent is started by a run, not by hand.`;
  return {
    apiUrl: STAITHE_API_URL.replace(/\/+$/, ''),
    jobId: STAITHE_JOB_ID,
    ticket: STAITHE_JOB_TICKET,
    logStream: CODEBUILD_LOG_PATH === '' ? undefined : CODEBUILD_LOG_PATH,
  };
}
