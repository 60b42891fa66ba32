/** What agents of the simulation do: in time or late, twice, or with another job's token. */
import type { JobActor } from '../../../lib/domain/access/actor.ts';
import * as Job from '../../../lib/domain/execution/agent.ts';
import type { ClaimedJob } from '../../../lib/domain/execution/model/job.ts';
import type { Task } from '../../workflows/build-machines.ts';
import { holderOf, sha256Of, type World } from '../world.ts';

export interface Agent {
  readonly task: Task;
  readonly agentId: string;
  work?: ClaimedJob;
  actor?: JobActor;
  artifacts: string[];
}

export async function claimAs(
  place: World,
  agent: Agent,
  { wrongTicket = false }: { wrongTicket?: boolean },
): Promise<void> {
  const ticket = wrongTicket ? 'tkt_of-somebody-else-altogether' : agent.task.ticket;
  agent.work = await Job.claim(place.ports, agent.task.job_id, { ticket, claim_id: agent.agentId });
  agent.actor = await holderOf(place, agent.work);
}

/** @param at the job that is spoken of: another agent's, when its token is the wrong one */
export async function uploadAs({ ports }: World, agent: Agent, at: Agent, bytes: boolean): Promise<void> {
  if (agent.actor === undefined) return;
  const text = `bytes of ${at.task.job_id} ${agent.artifacts.length}`;
  const announced = await Job.createUpload(ports, agent.actor, at.task.job_id, {
    name: `a${agent.artifacts.length}.zip`,
    sha256: sha256Of(text),
    size_bytes: text.length,
    content_type: 'application/zip',
  });
  if (bytes && announced.upload !== null)
    ports.blobs.put(announced.upload.url, announced.upload.headers, Buffer.from(text));
  agent.artifacts.push(announced.artifact_id);
}

export async function progressAs({ ports }: World, agent: Agent, at: Agent, progress: number): Promise<void> {
  if (agent.actor === undefined) return;
  await Job.progress(ports, at.task.job_id, { stage: 'at work', progress }, agent.actor);
}

/** @returns whether there was anything to report */
export async function reportAs(
  { ports }: World,
  agent: Agent,
  at: Agent,
  success: boolean,
): Promise<boolean> {
  // A success without artifacts does not pass the contract's schema.
  if (agent.actor === undefined || (success && agent.artifacts.length === 0)) return false;
  const error = { code: 'build_error', message: 'make failed' } as const;
  await Job.result(
    ports,
    agent.actor,
    at.task.job_id,
    success ? { status: 'completed', artifact_ids: agent.artifacts } : { status: 'failed', error },
  );
  return true;
}
