/**
 * Lifecycle policies: which images of a repository are to expire
 * (https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html).
 */
import { z } from 'zod';
import { wildcard } from '../iam/pattern.ts';
import { invalidParameter } from './errors.ts';

const DAY = 24 * 60 * 60 * 1000;

const Selection = z
  .strictObject({
    tagStatus: z.enum(['tagged', 'untagged', 'any']),
    tagPrefixList: z.array(z.string().min(1)).min(1).optional(),
    tagPatternList: z.array(z.string().min(1)).min(1).max(4).optional(),
    countType: z.enum(['imageCountMoreThan', 'sinceImagePushed']),
    countUnit: z.literal('days').optional(),
    countNumber: z.number().int().positive(),
  })
  .refine(
    ({ tagStatus, tagPrefixList, tagPatternList }) =>
      (tagStatus === 'tagged') === (tagPrefixList !== undefined || tagPatternList !== undefined),
    'tagPrefixList or tagPatternList go with tagStatus tagged, and only with it',
  )
  .refine(
    ({ countType, countUnit }) => (countType === 'sinceImagePushed') === (countUnit === 'days'),
    "countUnit 'days' goes with sinceImagePushed, and only with it",
  );

const Policy = z
  .strictObject({
    rules: z
      .array(
        z.strictObject({
          rulePriority: z.number().int().positive(),
          description: z.string().max(256).optional(),
          selection: Selection,
          action: z.strictObject({ type: z.literal('expire') }),
        }),
      )
      .min(1)
      .max(50),
  })
  .refine(
    ({ rules }) => new Set(rules.map(({ rulePriority }) => rulePriority)).size === rules.length,
    'rulePriority must be unique',
  )
  .refine(({ rules }) => {
    const any = rules.find(({ selection }) => selection.tagStatus === 'any');
    return any === undefined || rules.every(({ rulePriority }) => rulePriority <= any.rulePriority);
  }, "a rule of tagStatus 'any' must have the highest rulePriority");

export type LifecyclePolicy = z.infer<typeof Policy>;

/** What a policy looks at. */
export interface Candidate {
  readonly digest: string;
  readonly tags: readonly string[];
  /** Milliseconds since the epoch. */
  readonly pushed: number;
  /** An image that an index names stays as long as the index does. */
  readonly referenced: boolean;
}

/** @throws AwsError `InvalidParameterException` */
export function parseLifecyclePolicy(text: string): LifecyclePolicy {
  const result = Policy.safeParse(parseJson(text));
  if (result.success) return result.data;
  throw invalidParameter(
    `Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation failure: ${z.prettifyError(result.error)}'`,
  );
}

/**
 * Rules take hold in the order of their priority, the lowest number first; an image that a rule has looked at is none
 * of the later rules' business.
 * @returns digests
 */
export function expired(policy: LifecyclePolicy, images: readonly Candidate[], now: number): string[] {
  const open = new Set(images.filter(({ referenced }) => !referenced));
  return policy.rules
    .toSorted((a, b) => a.rulePriority - b.rulePriority)
    .flatMap(({ selection }) => {
      const matching = [...open].filter((image) => selects(selection, image));
      for (const image of matching) open.delete(image);
      const newestFirst = matching.toSorted((a, b) => b.pushed - a.pushed);
      const gone =
        selection.countType === 'imageCountMoreThan'
          ? newestFirst.slice(selection.countNumber)
          : newestFirst.filter(({ pushed }) => now - pushed > selection.countNumber * DAY);
      return gone.map(({ digest }) => digest);
    });
}

/** All prefixes, or all patterns, must be met, each by some tag. */
function selects(selection: z.infer<typeof Selection>, { tags }: Candidate): boolean {
  const { tagStatus, tagPrefixList = [], tagPatternList = [] } = selection;
  if (tagStatus === 'any') return true;
  if (tagStatus === 'untagged') return tags.length === 0;
  const patterns = [...tagPrefixList.map((prefix) => `${prefix}*`), ...tagPatternList].map(wildcard);
  return patterns.every((pattern) => tags.some((tag) => pattern.matches(tag)));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
