/** A build: AWS's JSON of it, and the pure steps by which its phases go on. */
import { z } from 'zod';
import { variableShape } from './project.ts';

export const PHASES = [
  'SUBMITTED',
  'QUEUED',
  'PROVISIONING',
  'DOWNLOAD_SOURCE',
  'INSTALL',
  'PRE_BUILD',
  'BUILD',
  'POST_BUILD',
  'UPLOAD_ARTIFACTS',
  'FINALIZING',
  'COMPLETED',
] as const;
export type PhaseType = (typeof PHASES)[number];

const status = z.enum(['SUCCEEDED', 'FAILED', 'FAULT', 'TIMED_OUT', 'IN_PROGRESS', 'STOPPED']);
export type Status = z.infer<typeof status>;
export type FinalStatus = Exclude<Status, 'IN_PROGRESS'>;

const context = z.object({ statusCode: z.string().optional(), message: z.string().optional() });
export type PhaseContext = z.infer<typeof context>;

const phase = z.object({
  phaseType: z.enum(PHASES),
  phaseStatus: status.optional(),
  /** Times are epoch seconds, as on the wire. */
  startTime: z.number(),
  endTime: z.number().optional(),
  durationInSeconds: z.number().optional(),
  contexts: z.array(context).optional(),
});
export type Phase = z.infer<typeof phase>;

/** As BatchGetBuilds answers it; what is not named here is carried along. */
export const buildShape = z.looseObject({
  id: z.string(),
  arn: z.string(),
  buildNumber: z.number(),
  startTime: z.number(),
  endTime: z.number().optional(),
  currentPhase: z.enum(PHASES),
  buildStatus: status,
  sourceVersion: z.string().optional(),
  resolvedSourceVersion: z.string().optional(),
  projectName: z.string(),
  phases: z.array(phase),
  source: z.looseObject({
    type: z.string(),
    location: z.string().optional(),
    buildspec: z.string().optional(),
  }),
  environment: z.looseObject({
    type: z.string(),
    image: z.string(),
    computeType: z.string(),
    imagePullCredentialsType: z.string(),
    privilegedMode: z.boolean(),
    environmentVariables: z.array(variableShape),
  }),
  serviceRole: z.string(),
  logs: z.looseObject({
    groupName: z.string().optional(),
    streamName: z.string().optional(),
    deepLink: z.string().optional(),
  }),
  timeoutInMinutes: z.number(),
  queuedTimeoutInMinutes: z.number(),
  buildComplete: z.boolean(),
  initiator: z.string(),
});
export type Build = z.infer<typeof buildShape>;

/** Begins a phase. @param now epoch seconds */
export function enterPhase(build: Build, phaseType: PhaseType, now: number): Build {
  return { ...build, currentPhase: phaseType, phases: [...build.phases, { phaseType, startTime: now }] };
}

/** Ends the phase that is under way. */
export function endPhase(
  build: Build,
  phaseStatus: FinalStatus,
  now: number,
  contexts: readonly PhaseContext[] = [],
): Build {
  const last = build.phases.at(-1);
  if (!last || last.endTime !== undefined) return build;
  const ended: Phase = {
    ...last,
    phaseStatus,
    endTime: now,
    durationInSeconds: Math.round(now - last.startTime),
    contexts: contexts.length > 0 ? [...contexts] : [{ statusCode: '', message: '' }],
  };
  return { ...build, phases: [...build.phases.slice(0, -1), ended] };
}

/** Ends the build. */
export function completeBuild(build: Build, buildStatus: FinalStatus, now: number): Build {
  return {
    ...build,
    buildStatus,
    buildComplete: true,
    endTime: now,
    currentPhase: 'COMPLETED',
    phases: [...build.phases, { phaseType: 'COMPLETED', startTime: now }],
  };
}

/** The part of the id after the project's name. */
export function buildUuid(id: string): string {
  return id.slice(id.lastIndexOf(':') + 1);
}
