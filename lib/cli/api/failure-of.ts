/** Whatever a command threw, as a failure with an exit code. */
import type { Connection } from '../connection/find.ts';
import { EXIT, exitCodeOfStatus } from '../failure/exit-codes.ts';
import { Failure } from '../failure/failure.ts';
import { isSystemError, systemFailure } from '../failure/system-error.ts';
import { unreachableFailure } from './unreachable.ts';

/** @param connection the server that was asked, if one was: it is named when it cannot be reached */
export async function failureOf(error: unknown, connection: Connection | undefined): Promise<Failure> {
  if (error instanceof Failure) return error;
  // Loaded here and not above: `--help` does not pay for the contract, and an ApiError has loaded it already.
  const { ApiError, UnreachableError } = await import('../../contract/client.ts');
  if (error instanceof ApiError)
    return new Failure(exitCodeOfStatus(error.problem.status), error.problem, { cause: error });
  if (error instanceof UnreachableError) return unreachableFailure(error.url, error.cause, connection);
  if (isSystemError(error)) return systemFailure(error);
  return new Failure(
    EXIT.unexpected,
    {
      code: 'internal',
      detail: error instanceof Error ? error.message : String(error),
      remedy: 'Run the command again with STAITHE_DEBUG=1 and report its output.',
    },
    { cause: error },
  );
}
