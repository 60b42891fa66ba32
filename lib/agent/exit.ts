/** The agent's exit codes, and what each tells the backend's own record of the build. */
export const EXIT = {
  reported: 0,
  notReported: 1,
  environment: 2,
  ticketRefused: 3,
  cancelled: 4,
  failed: 10,
  interrupted: 143,
} as const;

/** Documented in docs/diagnosis.md. */
export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  reported: 'the job completed and this was reported',
  notReported: 'the end of the job could not be reported; the workflow checks the state of the job',
  environment: 'the environment does not specify the API, the job and the ticket',
  ticketRefused: 'the ticket was refused: another agent has the job, or its run has ended',
  cancelled: 'the run was cancelled',
  failed:
    'the job failed and this was reported; the record of the machine shows a failure too, so that the workflow checks the job',
  // A shell gives 128 + the signal's number for a process that a signal ended: SIGTERM is 15.
  interrupted: 'the backend stopped the agent (SIGTERM)',
};
