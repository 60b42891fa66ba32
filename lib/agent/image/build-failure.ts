/** Why a Dockerfile did not become an image. */
import { type CommandEnd, commandFailure, type ReportedFailure } from '../failure.ts';
import type { Builder } from './builder.ts';

/** As a command that failed; the builder's name stands for its long command line. */
export function imageBuildFailure(end: CommandEnd, service: string, builder: Builder): ReportedFailure {
  const failure = commandFailure({ ...end, command: builder.name }, 'image');
  const message = `The image of ${service} could not be built: ${failure.message}`;
  return { ...failure, message, step: 'build image' };
}
