/** Why a Dockerfile did not become an image. */
import { type CommandEnd, commandFailure, type ReportedFailure } from '../failure.ts';
import type { Builder } from './builder.ts';
import { stageOf } from './stage.ts';

/** As a command that failed, with the Dockerfile's instruction in place of the builder's command line. */
export function imageBuildFailure(end: CommandEnd, service: string, builder: Builder): ReportedFailure {
  const failure = commandFailure(end);
  const stage = stageOf(end.lastLines);
  const how = end.signal === null ? `exit code ${end.exitCode}` : end.signal;
  const where = stage === undefined ? `${builder.name} ended with ${how}` : `${stage} failed`;
  return {
    ...failure,
    message: `The image of ${service} could not be built: ${where}.`.slice(0, 4000),
    ...(stage !== undefined && { stage: stage.slice(0, 1000) }),
    step: 'build image',
  };
}
