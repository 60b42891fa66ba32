/**
 * Machines on CodeBuild. Step Functions starts the builds, so its history knows their ids: each submitted
 * task's output is the build, with the job's id among its environment variables.
 */
import {
  BatchGetBuildsCommand,
  type BuildPhase,
  CodeBuildClient,
  StopBuildCommand,
} from '@aws-sdk/client-codebuild';
import { ExecutionDoesNotExist, GetExecutionHistoryCommand, SFNClient } from '@aws-sdk/client-sfn';
import * as z from 'zod';
import type { ComputeMachines, JobMachine } from '../../domain/ports/compute.ts';
import { setting } from '../settings.ts';
import { statusOf, wordsOf } from './ended.ts';

const Submitted = z.object({
  Build: z.object({
    Id: z.string(),
    Environment: z.object({
      EnvironmentVariables: z.array(z.object({ Name: z.string(), Value: z.string().nullish() })),
    }),
  }),
});

/** 100: BatchGetBuilds takes as many ids (API reference). */
const BATCH = 100;

export function codeBuildMachines(
  machines: string = setting('STAITHE_STATE_MACHINES'),
  { sfn = new SFNClient(), codebuild = new CodeBuildClient() } = {},
): ComputeMachines {
  const { build } = z.object({ build: z.string() }).parse(JSON.parse(machines));

  /** Newest first, so the first build of a job is its newest attempt. */
  async function buildsOf(execution: string): Promise<Map<string, string>> {
    const executionArn = `${build.replace(':stateMachine:', ':execution:')}:${execution}`;
    const found = new Map<string, string>();
    let nextToken: string | undefined;
    do {
      const page = await sfn.send(
        new GetExecutionHistoryCommand({ executionArn, reverseOrder: true, maxResults: 1000, nextToken }),
      );
      for (const { taskSubmittedEventDetails: details } of page.events ?? []) {
        if (details?.resourceType !== 'codebuild') continue;
        const submitted = Submitted.safeParse(JSON.parse(details.output ?? '{}'));
        const { Id: id, Environment } = submitted.data?.Build ?? {};
        const job = Environment?.EnvironmentVariables.find(({ Name }) => Name === 'STAITHE_JOB_ID')?.Value;
        if (id !== undefined && job && !found.has(job)) found.set(job, id);
      }
      ({ nextToken } = page);
    } while (nextToken !== undefined);
    return found;
  }

  return {
    async machinesOf(execution) {
      const ids = await buildsOf(execution).catch((error: unknown) => {
        if (error instanceof ExecutionDoesNotExist) return new Map<string, string>();
        throw error;
      });
      const all = [...ids.values()];
      const found = new Map<string, Omit<JobMachine, 'ref'>>();
      for (let from = 0; from < all.length; from += BATCH) {
        const { builds } = await codebuild.send(
          new BatchGetBuildsCommand({ ids: all.slice(from, from + BATCH) }),
        );
        for (const { id = '', buildStatus, startTime: startedAt, logs, phases = [] } of builds ?? [])
          found.set(id, {
            status: statusOf(buildStatus),
            startedAt,
            logStream: logs?.streamName,
            detail: messageOf(phases),
          });
      }
      // CodeBuild forgets builds after a year; one that it does not know works no more.
      return new Map(
        [...ids].map(([job, ref]): [string, JobMachine] => [job, { ref, status: 'lost', ...found.get(ref) }]),
      );
    },
    async stop(ref) {
      await codebuild.send(new StopBuildCommand({ id: ref }));
    },
  };
}

/** What CodeBuild says of the phase that failed. */
function messageOf(phases: readonly BuildPhase[]): string | undefined {
  return wordsOf(
    phases.map(({ phaseType: phase, contexts = [] }) => ({
      phase,
      messages: contexts.map(({ message }) => message),
    })),
  );
}
