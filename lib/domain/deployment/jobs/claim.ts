/** An agent takes a job, of a build or of a deployment: that of a deployment is told its release, too. */
import * as Job from '../../execution/agent.ts';
import type { ClaimedJob, ClaimJob } from '../../execution/model/job.ts';
import type { Ports } from '../../ports/index.ts';
import { releaseFileOf } from './release-file.ts';

/** @throws StaitheError ticket_refused | wrong_state */
export async function claim(
  ports: Pick<Ports, 'table' | 'blobs' | 'jobTokens' | 'clock'>,
  id: string,
  input: ClaimJob,
): Promise<ClaimedJob> {
  const claimed = await Job.claim(ports, id, input);
  const { deployment_id: deploymentId } = claimed.job;
  if (deploymentId === undefined) return claimed;
  return { ...claimed, release: await releaseFileOf(ports, deploymentId) };
}
