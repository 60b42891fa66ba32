/** The agent's exit codes; main.ts says what they mean. */
export const EXIT = {
  reported: 0,
  notReported: 1,
  environment: 2,
  ticketRefused: 3,
  cancelled: 4,
  interrupted: 143,
} as const;
