/** The test of a new version: commands that run against it before it gets traffic. */
import type { Ports } from '../../ports/index.ts';
import type { TargetAdapter, TargetRelease } from '../../ports/targets.ts';
import type { Check } from '../check.ts';
import type { Deployment } from '../schema.ts';
import { idsOf } from './job.ts';
import { type JobPorts, startJob } from './start.ts';
import { type JobState, jobState } from './state.ts';

const NAME = { purpose: 'test' } as const;

/**
 * Starts the test of a version, or looks how it stands.
 * @returns `running`, or how it ended; undefined when the environment has none
 * @throws TargetError when it cannot be run
 */
export async function testVersion(
  ports: JobPorts & Pick<Ports, 'clock'>,
  { adapter, release }: { readonly adapter: TargetAdapter; readonly release: TargetRelease },
  deployment: Deployment,
  version: string,
): Promise<Check | 'running' | undefined> {
  const { id, test: settings } = deployment;
  if (settings === undefined) return undefined;
  const state = await jobState(ports, id, NAME);
  if (state.kind === 'absent') {
    const url = await adapter.candidateUrl?.(release, version);
    await startJob(ports, deployment, NAME, settings, variablesOf(version, url));
  }
  const at = ports.clock.now().toISOString();
  const check = checkOf(state, { run_id: idsOf(id, NAME).run, percent: 0, at });
  if (check === undefined) return 'running';
  await adapter.dropCandidate?.(release);
  return check;
}

export const variablesOf = (
  version: string | undefined,
  url: string | undefined,
): Record<string, string> => ({
  ...(version !== undefined && { STAITHE_VERSION: version }),
  ...(url !== undefined && { STAITHE_URL: url }),
});

/** @returns undefined for one that has not ended */
export function checkOf(state: JobState, about: Pick<Check, 'run_id' | 'percent' | 'at'>): Check | undefined {
  switch (state.kind) {
    case 'absent':
    case 'running':
      return undefined;
    case 'succeeded':
      return { kind: 'test', ok: true, message: 'The test commands succeeded.', ...about };
    case 'failed':
      return {
        kind: 'test',
        ok: false,
        message: `The test commands failed: ${state.error.message}`,
        ...about,
      };
  }
}
