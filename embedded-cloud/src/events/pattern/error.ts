import { AwsError } from '../../service.ts';

/** AWS's error for a pattern; `reason` completes its sentence. */
export function invalidPattern(reason: string): AwsError {
  return new AwsError('InvalidEventPatternException', `Event pattern is not valid. Reason: ${reason}`);
}
