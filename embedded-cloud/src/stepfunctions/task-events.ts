/** History events of a task's attempt. A function's ARN as the Resource has types of its own. */
import type { Branch } from './branch.ts';
import type { Integration } from './integrations/integration.ts';

type Happened = 'Scheduled' | 'Started' | 'Submitted' | 'Succeeded' | 'Failed' | 'TimedOut';

export function recordTask(
  branch: Branch,
  { resource, resourceType }: Integration,
  happened: Happened,
  details: Record<string, unknown>,
): void {
  if (!resource.startsWith('arn:')) {
    branch.record(`Task${happened}`, {
      [`task${happened}EventDetails`]: { resourceType, resource, ...details },
    });
    return;
  }
  const { region: _region, parameters, heartbeatInSeconds: _heartbeat, ...others } = details;
  const scheduled = { resource, input: parameters, inputDetails: { truncated: false }, ...others };
  branch.record(
    `LambdaFunction${happened}`,
    happened === 'Started'
      ? undefined
      : { [`lambdaFunction${happened}EventDetails`]: happened === 'Scheduled' ? scheduled : others },
  );
}
