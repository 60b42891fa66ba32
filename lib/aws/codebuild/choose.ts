/** Which compute a job gets: what its manifest asks for, if it can run there, or the fastest to start that can run it. */
import { type Architecture, MACHINE_TYPES } from '../../domain/machine.ts';
import type { MachineChoice, MachineNeed } from '../../domain/ports/compute.ts';
import { type AllowedCompute, allowedNames } from './allowed.ts';
import { COMPUTE_TYPES, type ComputeTypeName, fleetIn, isComputeTypeName } from './types.ts';

/** A third cheaper than x86_64 at the same size. */
const DEFAULT_ARCHITECTURE: Architecture = 'arm64';
/** What Lambda compute's image of CodeBuild has; with another toolchain a job gets the image that has them all. */
const LAMBDA_TOOLCHAINS: ReadonlySet<string> = new Set(['node']);
/** The default of Lambda compute has the memory of a small machine, if the installation offers it. */
const DEFAULT_LAMBDA_GB = 4;

/**
 * Chooses the compute of a job.
 * @returns the compute, or what the manifest's author can do when the installation has none for it
 */
export function choose(need: MachineNeed, allowed: AllowedCompute): MachineChoice {
  return need.requested === undefined
    ? chooseDefault(need, allowed)
    : requested(need.requested, need, allowed);
}

function requested(type: string, need: MachineNeed, allowed: AllowedCompute): MachineChoice {
  if (!allowedNames(allowed).includes(type))
    return refuse(
      `The compute type '${type}' is not available in this installation.`,
      `Set resources.compute to one of ${allowedNames(allowed).join(', ')}, or omit it.`,
    );
  const fleet = allowed.fleets[fleetIn(type) ?? ''];
  if (fleet !== undefined) return onFleet(type, fleet.architecture, need);
  const obstacle = isComputeTypeName(type) ? obstacleOf(type, need) : undefined;
  if (obstacle !== undefined)
    return refuse(
      `The compute type '${type}' cannot run this job: ${obstacle}`,
      capableTypes(need, allowed).length > 0
        ? `Set resources.compute to one of ${capableTypes(need, allowed).join(', ')}, or omit it.`
        : noneHint(need),
    );
  return { machine: { type, architecture: need.architecture ?? DEFAULT_ARCHITECTURE } };
}

/** A fleet's machines are of one architecture. */
function onFleet(type: string, has: Architecture, { architecture }: MachineNeed): MachineChoice {
  if (architecture !== undefined && architecture !== has)
    return refuse(
      `The fleet '${fleetIn(type)}' has ${has} machines, and the job asks for ${architecture}.`,
      `Set resources.architecture to ${has}, or omit it.`,
    );
  return { machine: { type, architecture: has } };
}

/** Lambda compute where it can, else the smallest machine. A fleet is never a default: it is there for those who name it. */
function chooseDefault(need: MachineNeed, allowed: AllowedCompute): MachineChoice {
  const candidates = capableTypes(need, allowed);
  const lambdas = candidates.filter((name) => COMPUTE_TYPES[name].kind === 'lambda');
  const onlyLambdaToolchains = (need.toolchains ?? []).every((each) =>
    LAMBDA_TOOLCHAINS.has(each.split('@')[0] ?? ''),
  );
  const machines = candidates.filter((name) => COMPUTE_TYPES[name].kind === 'ec2');
  const type =
    (onlyLambdaToolchains || machines.length === 0 ? defaultLambdaType(lambdas) : undefined) ?? machines[0];
  if (type === undefined)
    return refuse(
      need.needsImages
        ? 'The job builds a container image, and no default compute type of this installation can do that.'
        : `No default compute type of this installation can run a job of ${need.timeoutSeconds / 60} minutes.`,
      Object.keys(allowed.fleets).length > 0
        ? `Set resources.compute to one of ${allowedNames(allowed).join(', ')}.`
        : noneHint(need),
    );
  return { machine: { type, architecture: need.architecture ?? DEFAULT_ARCHITECTURE } };
}

/** The largest that is not above the default's size, else the smallest there is. */
function defaultLambdaType(lambdas: readonly ComputeTypeName[]): ComputeTypeName | undefined {
  return (
    lambdas.findLast((name) => COMPUTE_TYPES[name].sizes.arm64.memoryGb <= DEFAULT_LAMBDA_GB) ?? lambdas[0]
  );
}

/** Types on offer that can run the job, small to large. */
function capableTypes(need: MachineNeed, { allow }: AllowedCompute): ComputeTypeName[] {
  const all = Object.keys(COMPUTE_TYPES).filter(isComputeTypeName);
  return all.filter((name) => allow.includes(name) && obstacleOf(name, need) === undefined);
}

function obstacleOf(name: ComputeTypeName, { needsImages, timeoutSeconds }: MachineNeed): string | undefined {
  const { images, longestSeconds } = MACHINE_TYPES[name];
  if (needsImages && !images) return 'it builds a container image, and Lambda compute has no Docker.';
  if (timeoutSeconds > longestSeconds)
    return `its timeout is ${minutes(timeoutSeconds)}, and this compute ends a job after ${minutes(longestSeconds)}.`;
  return undefined;
}

function minutes(seconds: number): string {
  return seconds % 60 === 0 ? `${seconds / 60} minutes` : `${seconds} s`;
}

function noneHint({ needsImages }: MachineNeed): string {
  return needsImages
    ? "Ask the installation's operator to offer 'small' (CDK context 'compute')."
    : "Shorten the service's timeout, or ask the installation's operator to offer 'small' (CDK context 'compute').";
}

function refuse(message: string, hint: string): MachineChoice {
  return { refused: { message, hint } };
}
