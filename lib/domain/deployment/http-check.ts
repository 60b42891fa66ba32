/** Whether what is deployed answers as it should: before it gets traffic, and where users reach it. */
import { flawIn } from '../environment/health.ts';
import { hiding } from '../function-log/hidden.ts';
import type { Ports } from '../ports/index.ts';
import type { Answer, Question } from '../ports/probe.ts';
import { TargetError } from '../ports/targets.ts';
import type { Destination } from './adapter.ts';
import type { Check } from './check.ts';
import type { Deployment } from './schema.ts';

const questionOf = (deployment: Deployment, isPatient = true): Question => ({
  path: deployment.health_path,
  isPatient,
  follow: deployment.health_follow,
  isHealthy: (response) => flawIn(deployment, response) === undefined,
});

/** Asks a version that gets no traffic yet. @returns undefined when this target can be asked only where it serves */
export async function checkCandidate(
  ports: Pick<Ports, 'clock'>,
  { adapter, release }: Destination,
  deployment: Deployment,
  version: string,
): Promise<Check | undefined> {
  const answer = await adapter.ask?.(release, version, questionOf(deployment));
  if (answer === undefined) return undefined;
  return checkOf(
    ports,
    deployment,
    `Version ${version} (without traffic): ${deployment.health_path}`,
    answer,
    0,
  );
}

/** Asks what serves, where users do. @param options.isPatient asks again for a moment while the answer is not as it should be. @throws TargetError when the path leads elsewhere */
export async function checkUrl(
  ports: Pick<Ports, 'clock' | 'probe'>,
  deployment: Deployment,
  url: string,
  { isPatient = true } = {},
): Promise<Check> {
  // Below the URL, which may be a folder of its host.
  const base = new URL(url);
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  const { href, origin } = new URL(`.${deployment.health_path}`, base);
  // Environments of an earlier version may hold a path that is another host's address.
  if (origin !== new URL(url).origin)
    throw new TargetError(`The health path '${deployment.health_path}' points to another host.`);
  const answer = await ports.probe.get(href, questionOf(deployment, isPatient));
  return checkOf(ports, deployment, href, answer, deployment.traffic?.percent ?? 100);
}

function checkOf(
  ports: Pick<Ports, 'clock'>,
  deployment: Deployment,
  subject: string,
  answer: Answer,
  percent: number,
): Check {
  const at = ports.clock.now().toISOString();
  if ('failure' in answer) {
    // What a function says of itself may hold what its variables hide.
    const failure = hiding(deployment.variables)(answer.failure);
    return { kind: 'http', percent, ok: false, message: `${subject} did not answer: ${failure}.`, at };
  }
  const { status, location } = answer;
  const milliseconds = Math.round(answer.milliseconds);
  const flaw = flawIn(deployment, answer);
  const remedy =
    flaw === undefined || location === undefined
      ? ''
      : ' Set a health path that needs no sign-in, or set the expected answer with health_status or health_follow.';
  const message = `${subject} ${flaw ?? `answered ${status} in ${milliseconds} ms`}.${remedy}`;
  return { kind: 'http', percent, ok: flaw === undefined, message, at, status, milliseconds };
}
