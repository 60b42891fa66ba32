/** What the workflow caught of a CodeBuild task, read: the build that ended, or the reason for which none was started. */
import * as z from 'zod';
import type { Caught, MachineState, MachineStatus, TaskEnd } from '../../domain/ports/compute.ts';
import { isAtCapacity } from './refused-start.ts';

/** The part of a build that tells how it ended, as the result of `.sync` holds it (API reference, "Build"). */
const EndedBuild = z.object({
  BuildStatus: z.string(),
  /** A phase that failed says why in a context: `DOWNLOAD_SOURCE`, `PROVISIONING` (API reference, BuildPhase). */
  Phases: z
    .array(
      z.object({
        PhaseType: z.string().nullish(),
        Contexts: z.array(z.object({ Message: z.string().nullish() })).nullish(),
      }),
    )
    .nullish(),
  Logs: z.object({ StreamName: z.string().nullish() }).nullish(),
});
const Cause = z.union([z.object({ Build: EndedBuild }).transform(({ Build }) => Build), EndedBuild]);

export function endOf(caught: Caught): TaskEnd {
  const machine = machineIn(caught.cause);
  if (machine !== undefined) return { machine };
  const { error } = caught;
  if (error === 'States.Timeout') return { none: 'queue_timeout', error };
  return { none: isAtCapacity(caught) ? 'at_capacity' : 'refused', error };
}

function machineIn(cause: string): MachineState | undefined {
  const build = Cause.safeParse(jsonOf(cause)).data;
  if (build === undefined) return undefined;
  return {
    status: statusOf(build.BuildStatus),
    logStream: build.Logs?.StreamName ?? undefined,
    detail: wordsOf(
      (build.Phases ?? []).map(({ PhaseType: phase, Contexts: contexts }) => ({
        phase,
        messages: (contexts ?? []).map(({ Message: message }) => message),
      })),
    ),
  };
}

/** An error of the call itself is a text. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `buildStatus` (API reference, "Build"). FAULT is a machine that failed; builds that are a year old are forgotten. */
export function statusOf(buildStatus: string | undefined): MachineStatus {
  switch (buildStatus) {
    case 'IN_PROGRESS':
      return 'running';
    case 'SUCCEEDED':
      return 'succeeded';
    case 'FAILED':
      return 'failed';
    case 'TIMED_OUT':
      return 'timed_out';
    case 'STOPPED':
      return 'stopped';
    default:
      return 'lost';
  }
}

interface PhaseWords {
  readonly phase: string | null | undefined;
  readonly messages: readonly (string | null | undefined)[];
}

/** What CodeBuild says of the phase that failed. @param phases in their order; those that went well have no message */
export function wordsOf(phases: readonly PhaseWords[]): string | undefined {
  for (const { phase, messages } of phases) {
    const said = messages.find((message) => message);
    if (said) return `${phase ?? 'a phase'}: ${said}`;
  }
  return undefined;
}
