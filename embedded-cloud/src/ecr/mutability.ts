/** Which tags may be moved to another image ("Preventing image tags from being overwritten", API: ImageTagMutabilityExclusionFilter). */
import { z } from 'zod';

/** A tag, or several with at most two `*` for any characters. */
const ExclusionFilter = z.object({
  filterType: z.literal('WILDCARD'),
  filter: z
    .string()
    .regex(/^[0-9a-zA-Z._*-]{1,128}$/)
    .refine((filter) => filter.split('*').length <= 3, 'may have two wildcards'),
});
export const ExclusionFilters = z.array(ExclusionFilter);

/** What a request says of both; filters belong to the settings `…_WITH_EXCLUSION`, and to no other. */
export const mutabilityShape = {
  imageTagMutability: z.enum(['MUTABLE', 'IMMUTABLE', 'MUTABLE_WITH_EXCLUSION', 'IMMUTABLE_WITH_EXCLUSION']),
  imageTagMutabilityExclusionFilters: ExclusionFilters.max(5).default([]),
};

export interface Mutability {
  readonly imageTagMutability: z.infer<typeof mutabilityShape.imageTagMutability>;
  readonly imageTagMutabilityExclusionFilters: z.infer<typeof ExclusionFilters>;
}

export function filtersFit({
  imageTagMutability: setting,
  imageTagMutabilityExclusionFilters: filters,
}: Mutability) {
  return setting.endsWith('_WITH_EXCLUSION') === filters.length > 0;
}

/** As a part of what is described: the filters only where there are any. */
export function described({ imageTagMutability, imageTagMutabilityExclusionFilters: filters }: Mutability) {
  return { imageTagMutability, ...(filters.length > 0 && { imageTagMutabilityExclusionFilters: filters }) };
}

export function isMovable(
  tag: string,
  { imageTagMutability, imageTagMutabilityExclusionFilters }: Mutability,
): boolean {
  const excluded = imageTagMutabilityExclusionFilters.some(({ filter }) => matches(tag, filter));
  return imageTagMutability.startsWith('IMMUTABLE') ? excluded : !excluded;
}

function matches(tag: string, filter: string): boolean {
  const pattern = filter.split('*').map((part) => part.replaceAll('.', '\\.'));
  return new RegExp(`^${pattern.join('.*')}$`).test(tag);
}
