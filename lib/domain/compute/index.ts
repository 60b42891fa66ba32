/** Compute: which machines there are, which of them a job gets, and how CodeBuild is asked for it. */
export { type Choice, choose, type Need, type Refusal } from './choose.ts';
export { type Machine, type MachineOverrides, type MachineProject, machineFor } from './machine.ts';
export { Offer, offered, offerFrom, writtenOffer } from './offer.ts';
export { isAtLimit, START_REFUSED } from './refused-start.ts';
export { COMPUTE_TYPES, Compute, type ComputeType, type ComputeTypeName } from './types.ts';
