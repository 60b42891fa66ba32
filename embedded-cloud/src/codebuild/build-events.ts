/** CodeBuild's events on the default bus (user guide, "Build notifications input format reference"). */
import type { Cloud } from '../service.ts';
import type { Build, Phase } from './build.ts';

/** Sends "CodeBuild Build State Change"; best effort, as on AWS. */
export function sendStateChange(cloud: Cloud, build: Build): void {
  send(cloud, build, 'CodeBuild Build State Change', {
    'build-status': build.buildStatus,
    'project-name': build.projectName,
    'build-id': build.arn,
    'additional-information': additionalInformation(build),
    'current-phase': build.currentPhase,
    'current-phase-context': '[]',
    version: '1',
  });
}

/** Sends "CodeBuild Build Phase Change" for a phase that has ended. */
export function sendPhaseChange(cloud: Cloud, build: Build, phase: Phase): void {
  send(cloud, build, 'CodeBuild Build Phase Change', {
    'completed-phase': phase.phaseType,
    'project-name': build.projectName,
    'build-id': build.arn,
    'completed-phase-context': `[${contexts(phase).join(', ')}]`,
    'additional-information': additionalInformation(build),
    'completed-phase-status': phase.phaseStatus,
    'completed-phase-duration-seconds': phase.durationInSeconds ?? 0,
    version: '1',
    'completed-phase-start': dateText(phase.startTime),
    'completed-phase-end': dateText(phase.endTime ?? phase.startTime),
  });
}

function send(cloud: Cloud, build: Build, type: string, detail: Record<string, unknown>): void {
  const entry = {
    Source: 'aws.codebuild',
    DetailType: type,
    Resources: [build.arn],
    Detail: JSON.stringify(detail),
  };
  cloud
    .call({ kind: 'service', arn: 'codebuild.amazonaws.com' }, 'events', 'PutServiceEvents', {
      Entries: [entry],
    })
    .catch((error: unknown) => cloud.log('codebuild', `an event of ${build.id} was not sent: ${error}`));
}

function additionalInformation(build: Build): Record<string, unknown> {
  const { environment, logs, source } = build;
  return {
    cache: { type: 'NO_CACHE' },
    'build-number': build.buildNumber,
    'timeout-in-minutes': build.timeoutInMinutes,
    'build-complete': build.buildComplete,
    initiator: build.initiator,
    'build-start-time': dateText(build.startTime),
    source: {
      ...(source.location !== undefined && { location: source.location }),
      ...(source.buildspec !== undefined && { buildspec: source.buildspec }),
      type: source.type,
    },
    ...(build.sourceVersion !== undefined && { 'source-version': build.sourceVersion }),
    artifact: { location: '' },
    environment: {
      image: environment.image,
      'privileged-mode': environment.privilegedMode,
      'image-pull-credentials-type': environment.imagePullCredentialsType,
      'compute-type': environment.computeType,
      type: environment.type,
      'environment-variables': environment.environmentVariables,
    },
    logs: {
      'group-name': logs.groupName,
      'stream-name': logs.streamName,
      'deep-link': logs.deepLink,
    },
    phases: build.phases.map((phase) => ({
      ...(phase.endTime !== undefined && { 'phase-context': contexts(phase) }),
      'start-time': dateText(phase.startTime),
      ...(phase.endTime !== undefined && {
        'end-time': dateText(phase.endTime),
        'duration-in-seconds': phase.durationInSeconds,
      }),
      'phase-type': phase.phaseType,
      ...(phase.phaseStatus !== undefined && { 'phase-status': phase.phaseStatus }),
    })),
    'queued-timeout-in-minutes': build.queuedTimeoutInMinutes,
  };
}

function contexts(phase: Phase): string[] {
  return (phase.contexts ?? []).map(({ statusCode = '', message = '' }) => `${statusCode}: ${message}`);
}

const DATE = new Intl.DateTimeFormat('en-US', {
  timeZone: 'UTC',
  dateStyle: 'medium',
  timeStyle: 'medium',
});

/** `Sep 1, 2017 4:12:29 PM`, in UTC. @param seconds since the epoch */
function dateText(seconds: number): string {
  return DATE.format(new Date(seconds * 1000))
    .replace(/, (\d+:)/, ' $1')
    .replaceAll(' ', ' ');
}
