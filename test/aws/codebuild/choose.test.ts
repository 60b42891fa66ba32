import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AllowedCompute, allowedFrom, allowedNames } from '../../../lib/aws/codebuild/allowed.ts';
import { choose } from '../../../lib/aws/codebuild/choose.ts';
import { startOf } from '../../../lib/aws/codebuild/machine.ts';
import { COMPUTE_TYPES, type ComputeTypeName } from '../../../lib/aws/codebuild/types.ts';
import type { MachineNeed } from '../../../lib/domain/ports/compute.ts';

const ALL = Object.keys(COMPUTE_TYPES) as ComputeTypeName[];
const gpu = 'arn:aws:codebuild:us-east-1:123456789012:fleet/gpu:1';

function need(over: Partial<MachineNeed> = {}): MachineNeed {
  return { needsImages: false, timeoutSeconds: 15 * 60, ...over };
}

function typeOf(chosen: ReturnType<typeof choose>): string {
  return 'machine' in chosen
    ? `${chosen.machine.type} ${chosen.machine.architecture}`
    : chosen.refused.message;
}

describe('the compute of a job that asks for none', () => {
  const allowed = allowedFrom(undefined);

  it.each([
    ['starts within seconds when it may take 15 minutes', need(), 'lambda-4gb arm64'],
    ['is a machine when it may take longer', need({ timeoutSeconds: 901 }), 'small arm64'],
    ['is a machine with Docker when it makes an image', need({ needsImages: true }), 'small arm64'],
    ['has the toolchains that the job declares', need({ toolchains: ['erlang@26'] }), 'small arm64'],
    ['is Lambda compute when Node is all it needs', need({ toolchains: ['node@22'] }), 'lambda-4gb arm64'],
    ['has the architecture that the job asks for', need({ architecture: 'x86_64' }), 'lambda-4gb x86_64'],
  ])('%s', (_claim, job, expected) => {
    expect(typeOf(choose(job, allowed))).toBe(expected);
  });

  it('is of what the installation allows', () => {
    const only = (allow: string[]) => allowedFrom(JSON.stringify({ allow }));

    expect(typeOf(choose(need(), only(['medium', 'large'])))).toBe('medium arm64');
    expect(typeOf(choose(need(), only(['lambda-10gb', 'lambda-8gb'])))).toBe('lambda-8gb arm64');
    expect(typeOf(choose(need(), only(['lambda-1gb', 'lambda-2gb', 'small'])))).toBe('lambda-2gb arm64');
    expect(typeOf(choose(need({ toolchains: ['go'] }), only(['lambda-2gb'])))).toBe('lambda-2gb arm64');
  });

  it('is refused with a remedy when nothing can run it', () => {
    const chosen = choose(need({ needsImages: true }), allowedFrom('{"allow":["lambda-2gb"]}'));

    expect(chosen).toEqual({
      refused: {
        message:
          'The job builds a container image, and no default compute type of this installation can do that.',
        hint: "Ask the installation's operator to offer 'small' (CDK context 'compute').",
      },
    });
  });
});

describe('the compute that a job asks for', () => {
  const allowed = allowedFrom(JSON.stringify({ allow: ['small', 'lambda-2gb'], fleets: { gpu } }));

  it('is what it gets', () => {
    expect(typeOf(choose(need({ requested: 'small' }), allowed))).toBe('small arm64');
    expect(typeOf(choose(need({ requested: 'lambda-2gb', architecture: 'x86_64' }), allowed))).toBe(
      'lambda-2gb x86_64',
    );
    expect(typeOf(choose(need({ requested: 'fleet:gpu' }), allowed))).toBe('fleet:gpu x86_64');
  });

  it.each([
    [
      'which is not offered',
      need({ requested: '2xlarge' }),
      /'2xlarge' is not available in this installation/,
      /small, lambda-2gb, fleet:gpu/,
    ],
    [
      'whose fleet is not there',
      need({ requested: 'fleet:none' }),
      /'fleet:none' is not available/,
      /fleet:gpu/,
    ],
    [
      'which has no Docker',
      need({ requested: 'lambda-2gb', needsImages: true }),
      /has no Docker/,
      /one of small,/,
    ],
    [
      'which ends it too early',
      need({ requested: 'lambda-2gb', timeoutSeconds: 3600 }),
      /60 minutes.*15 minutes/,
      /small/,
    ],
    [
      'of another architecture',
      need({ requested: 'fleet:gpu', architecture: 'arm64' }),
      /x86_64 machines/,
      /x86_64/,
    ],
  ])('%s is refused, and the hint names what works', (_claim, job, message, hint) => {
    const chosen = choose(job, allowed);

    expect('refused' in chosen && chosen.refused.message).toMatch(message);
    expect('refused' in chosen && chosen.refused.hint).toMatch(hint);
  });
});

describe('what an installation offers', () => {
  it.each([
    ['{"allow":["huge"]}', /allow/],
    ['{"allow":[]}', /must name at least one compute type/],
    ['{"fleets":{"gpu":"fleet/gpu"}}', /ARN of a CodeBuild fleet/],
    ['small', /compute/],
  ])('is checked: %s', (text, message) => {
    expect(() => allowedFrom(text)).toThrow(message);
  });
});

const anyAllowed = fc
  .record({ allow: fc.uniqueArray(fc.constantFrom(...ALL), { minLength: 1 }), fleets: fc.boolean() })
  .map(({ allow, fleets }) => AllowedCompute.parse({ allow, fleets: fleets ? { gpu } : {} }));
const anyNeed = fc.record({
  requested: fc.option(fc.constantFrom(...ALL, 'fleet:gpu', 'nothing'), { nil: undefined }),
  architecture: fc.option(fc.constantFrom('arm64' as const, 'x86_64' as const), { nil: undefined }),
  needsImages: fc.boolean(),
  timeoutSeconds: fc.integer({ min: 1, max: 8 * 3600 }),
});

it('gives no job a machine that is not offered, cannot make its image or ends before its limit', () => {
  fc.assert(
    fc.property(anyNeed, anyAllowed, (job, allowed) => {
      const chosen = choose(job, allowed);
      if ('refused' in chosen) {
        expect(chosen.refused.hint).toMatch(/^(Set|Ask|Shorten)/);
        return;
      }
      const { project, overrides } = startOf({ ...job, machine: chosen.machine }, allowed);
      expect(allowedNames(allowed)).toContain(chosen.machine.type);
      expect(project === 'privileged').toBe(job.needsImages);
      expect(project === 'lambda').toBe(overrides.EnvironmentTypeOverride.includes('LAMBDA'));
      // Lambda compute refuses a time limit (docs: CodeBuild, limitations of Lambda compute).
      if (project === 'lambda') expect(overrides.TimeoutInMinutesOverride).toBeUndefined();
      else expect((overrides.TimeoutInMinutesOverride ?? 0) * 60).toBeGreaterThan(job.timeoutSeconds);
    }),
  );
});
