/** What failed phases say of themselves. */
import { AwsError } from '../service.ts';
import type { FinalStatus, PhaseContext } from './build.ts';
import { BuildspecError } from './buildspec.ts';
import { SourceError } from './source.ts';

/** A phase that has failed: what its status and context become. */
export class PhaseFailure extends Error {
  readonly status: FinalStatus;
  readonly context: PhaseContext;

  constructor(status: FinalStatus, context: PhaseContext) {
    super(context.message);
    this.status = status;
    this.context = context;
  }
}

/** What an error in a phase, or the end of the build from outside, makes of the phase. */
export function failureOf(error: unknown, signal: AbortSignal): PhaseFailure {
  if (signal.aborted && signal.reason === 'TIMED_OUT') {
    return new PhaseFailure('TIMED_OUT', {
      statusCode: 'BUILD_TIMED_OUT',
      message: 'Build has timed out. ',
    });
  }
  if (signal.aborted) return new PhaseFailure('STOPPED', { statusCode: '', message: '' });
  if (error instanceof PhaseFailure) return error;
  if (error instanceof BuildspecError) {
    return new PhaseFailure('FAILED', { statusCode: 'YAML_FILE_ERROR', message: error.message });
  }
  const message = error instanceof Error ? error.message : String(error);
  const denied = error instanceof Error && /AccessDenied/.test(error.name);
  if (denied) return new PhaseFailure('FAILED', { statusCode: 'ACCESS_DENIED', message });
  const client = error instanceof SourceError || error instanceof AwsError || isServiceException(error);
  return client
    ? new PhaseFailure('FAILED', { statusCode: 'CLIENT_ERROR', message })
    : new PhaseFailure('FAULT', { statusCode: 'INTERNAL_ERROR', message });
}

/** An error that S3 answered with. */
function isServiceException(error: unknown): boolean {
  return error instanceof Error && '$metadata' in error;
}
