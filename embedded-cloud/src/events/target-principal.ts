/** As whom a rule calls what has a resource policy, and how it names a queue there. */
import type { Principal } from '../service.ts';

export function ruleService(ruleArn: string): Principal {
  return { kind: 'service', arn: 'events.amazonaws.com', sourceArn: ruleArn };
}

/** The path of a queue's URL: `/<account>/<name>`. */
export function queuePath(queueArn: string): string {
  const [account, name] = queueArn.split(':').slice(4);
  return `/${account}/${name}`;
}
