/** What each exit code means, for scripts. The table is printed by `staithe help exit-codes` and in docs/cli.md. */
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
  [EXIT.ok, 'success'],
  [EXIT.unexpected, 'unexpected error: a fault of the server or of this program'],
  [EXIT.usage, 'the command or its values are not valid, as found here or by the server (validation_failed)'],
  [EXIT.denied, 'no valid token, or its role does not allow this'],
  [EXIT.missing, 'not found, or not visible to the token'],
  [EXIT.conflict, 'not possible in the current state: taken, in the wrong state, or not finished yet'],
  [EXIT.failed, 'the build, deployment or delivery that was followed failed or was cancelled'],
  [EXIT.unreachable, 'no answer from the URL, or only from a gateway without the service behind it'],
  // A shell gives 128 + the signal's number for a process that a signal ended: SIGINT is 2.
  [EXIT.interrupted, 'interrupted with Ctrl-C; what was started goes on'],
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
