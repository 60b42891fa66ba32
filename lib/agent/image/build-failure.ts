/** Why a Dockerfile did not become an image. */
import { type CommandEnd, commandFailure, type ReportedFailure } from '../failure.ts';
import type { Builder } from './builder.ts';

/** As a command that failed, with the Dockerfile's instruction; the builder's name stands for its long command line. */
export function imageBuildFailure(end: CommandEnd, builder: Builder): ReportedFailure {
  return { ...commandFailure({ ...end, command: builder.name }, 'image'), step: 'build image' };
}
