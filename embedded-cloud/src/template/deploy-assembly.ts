import type { Materialized } from '../service.ts';
import type { Stack } from './assembly.ts';
import { type DeployedStack, type DeployOptions, deployStack } from './deploy.ts';

/** What all stacks of an assembly became. */
export interface Deployment {
  /** By key; with several stacks also as `<stack>.<key>`. */
  readonly outputs: Readonly<Record<string, string>>;
  /** @throws Error when no stack has the resource, or several have */
  readonly resource: (logicalId: string) => Materialized;
}

/** Deploys stack after stack, as a stack may import what an earlier one exports. */
export async function deployAssembly(
  stacks: readonly Stack[],
  options: Omit<DeployOptions, 'exports'>,
): Promise<Deployment> {
  const exports = new Map<string, string>();
  const deployed = new Map<string, DeployedStack>();
  for (const stack of stacks) deployed.set(stack.name, await deployStack(stack, { ...options, exports }));
  const outputs: Record<string, string> = {};
  for (const [name, stack] of deployed) {
    for (const [key, value] of Object.entries(stack.outputs)) {
      outputs[key] = value;
      if (deployed.size > 1) outputs[`${name}.${key}`] = value;
    }
  }
  return { outputs, resource: (logicalId) => findResource(deployed, logicalId) };
}

function findResource(deployed: ReadonlyMap<string, DeployedStack>, logicalId: string): Materialized {
  const found = [...deployed].flatMap(([name, { resources }]) => {
    const own = logicalId.startsWith(`${name}.`) ? logicalId.slice(name.length + 1) : logicalId;
    return resources.get(own) ?? [];
  });
  const [first, second] = found;
  if (first === undefined) throw new Error(`No stack has a resource ${logicalId}.`);
  if (second !== undefined)
    throw new Error(`Several stacks have a resource ${logicalId}: say <stack>.${logicalId}.`);
  return first;
}
