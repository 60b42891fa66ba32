/** The agent's exit codes; main.ts says what they mean. */
export const EXIT = {
  reported: 0,
  notReported: 1,
  environment: 2,
  ticketRefused: 3,
  cancelled: 4,
  /** The job has failed, and the API knows how: the machine's own record says so too, and the workflow looks. */
  failed: 10,
  interrupted: 143,
} as const;
