/** The test of a new version: commands that run against it before it gets traffic. */
import type { Ports } from '../../ports/index.ts';
import type { TargetAdapter, TargetRelease } from '../../ports/targets.ts';
import type { Check } from '../check.ts';
import type { Deployment } from '../schema.ts';
import { idsOf } from './job.ts';
import { type JobPorts, startJob } from './start.ts';
import { jobState } from './state.ts';

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
  switch (state.kind) {
    case 'absent': {
      const url = await adapter.candidateUrl?.(release, version);
      const env = { STAITHE_VERSION: version, ...(url !== undefined && { STAITHE_URL: url }) };
      await startJob(ports, deployment, NAME, settings, env);
      return 'running';
    }
    case 'running':
      return 'running';
    case 'succeeded':
      return checkOf(ports, id, true, 'The test commands succeeded.');
    case 'failed':
      return checkOf(ports, id, false, `The test commands failed: ${state.error.message}`);
  }
}

function checkOf({ clock }: Pick<Ports, 'clock'>, id: string, ok: boolean, message: string): Check {
  const at = clock.now().toISOString();
  return { kind: 'test', percent: 0, ok, message, at, run_id: idsOf(id, NAME).run };
}
