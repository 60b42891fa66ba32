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
  reported: 'the job has completed, and that was reported',
  notReported: 'the end of the job could not be reported; the workflow looks at what the API knows',
  environment: 'its environment does not name the API, the job and the ticket',
  ticketRefused: 'the ticket was refused: another agent has the job, or its run has ended',
  cancelled: 'the run was cancelled',
  failed:
    'the job has failed, and that was reported: the record of the machine says so too, and the workflow looks',
  // A shell gives 128 + the signal's number for a process that a signal ended: SIGTERM is 15.
  interrupted: 'the backend has ended it (SIGTERM)',
};
