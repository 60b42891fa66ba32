/** The ARNs of state machines and executions. */
import type { Cloud } from '../service.ts';

export type MachineType = 'STANDARD' | 'EXPRESS';

export function machineArn(cloud: Cloud, name: string): string {
  return `arn:${cloud.partition}:states:${cloud.region}:${cloud.accountId}:stateMachine:${name}`;
}

/** The name of a state machine, from its ARN. */
export function machineName(arn: string): string {
  return arn.split(':')[6] ?? '';
}

/** An Express execution's ARN also has an id, as its name may repeat. */
export function executionArn(machine: string, type: MachineType, name: string, id: string): string {
  const [arn, partition, service, region, account, , machineName] = machine.split(':');
  const head = [arn, partition, service, region, account];
  if (type === 'EXPRESS') return [...head, 'express', machineName, name, id].join(':');
  return [...head, 'execution', machineName, name].join(':');
}

/** White space, control characters, brackets, wildcards and the special characters that AWS refuses in names. */
const REFUSED = /[\s\p{Cc}<>{}[\]?*"#%\\^|~`$&,;:/]/u;

/** Names of machines and executions have 1 to 80 characters. */
export function isValidName(name: string): boolean {
  return name.length >= 1 && name.length <= 80 && !REFUSED.test(name);
}
