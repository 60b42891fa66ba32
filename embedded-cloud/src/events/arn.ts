/** ARNs of EventBridge. */
import type { Cloud } from '../service.ts';
import { validationError } from './input.ts';

export const DEFAULT_BUS = 'default';

export type Place = Pick<Cloud, 'partition' | 'region' | 'accountId'>;

export function busArn({ partition, region, accountId }: Place, bus: string): string {
  return `arn:${partition}:events:${region}:${accountId}:event-bus/${bus}`;
}

/** A rule of the default bus is `rule/NAME`, of another `rule/BUS/NAME`. */
export function ruleArn({ partition, region, accountId }: Place, bus: string, rule: string): string {
  const path = bus === DEFAULT_BUS ? rule : `${bus}/${rule}`;
  return `arn:${partition}:events:${region}:${accountId}:rule/${path}`;
}

/**
 * A rule's targets and their queues are of its own region, and this cloud is one region.
 * @throws AwsError ValidationException
 */
export function checkRegion({ partition, region }: Place, arn: string, what: string): void {
  const [, itsPartition, , itsRegion] = arn.split(':');
  if (itsPartition === partition && itsRegion === region) return;
  throw validationError(
    `${what} must be in the region ${region} (partition ${partition}) as its rule is, and is ${arn}. Nothing was changed.`,
  );
}

/** The bus's name, which callers may give as a name or an ARN. */
export function busNameOf(nameOrArn: string | undefined): string {
  if (nameOrArn === undefined) return DEFAULT_BUS;
  return /^arn:[^:]+:events:[^:]*:[^:]*:event-bus\/(.+)$/.exec(nameOrArn)?.[1] ?? nameOrArn;
}
