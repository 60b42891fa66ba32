/** Exit codes. `staithe help exit-codes` and docs/cli.md have the table. */
export const EXIT = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  denied: 3,
  missing: 4,
  conflict: 5,
  failed: 6,
  unreachable: 7,
  interrupted: 130,
} as const;

/** The meaning of each code, in the order of the codes. */
export const EXIT_MEANINGS: readonly (readonly [code: number, meaning: string])[] = [
  [EXIT.ok, 'Success'],
  [EXIT.unexpected, 'Unexpected error in the server or in this program'],
  [EXIT.usage, 'Invalid command or value, detected locally or by the server (validation_failed)'],
  [EXIT.denied, 'No valid token, or the role of the token does not allow the operation'],
  [EXIT.missing, 'Not found, or the token cannot access it'],
  [EXIT.conflict, 'Not possible in the current state: already exists, wrong status, or not finished'],
  [
    EXIT.failed,
    'The followed build, deployment or delivery failed or was cancelled; an audit log is not intact',
  ],
  [EXIT.unreachable, 'Server not reachable, or only its gateway responded'],
  // A shell reports 128 + the signal's number for a process that a signal ended: SIGINT is 2.
  [EXIT.interrupted, 'Interrupted with Ctrl-C; anything already started on the server continues'],
];

/** The code for an HTTP status of the API. */
export function exitCodeOfStatus(status: number): number {
  if (status === 400 || status === 413) return EXIT.usage;
  if (status === 401 || status === 403) return EXIT.denied;
  if (status === 404) return EXIT.missing;
  if (status === 409 || status === 422) return EXIT.conflict;
  if (status >= 502 && status <= 504) return EXIT.unreachable;
  return EXIT.unexpected;
}
