/** ListSecrets filters (https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Filter.html). */
import { z } from 'zod';
import type { Secret } from './store.ts';

export const Filter = z.object({
  Key: z.enum(['description', 'name', 'tag-key', 'tag-value', 'primary-region', 'owning-service', 'all']),
  Values: z.array(z.string()).min(1).max(10),
});

/** What a filter's values are compared with; each value matches at the beginning. */
function subjects(key: z.infer<typeof Filter>['Key'], secret: Secret): string[] {
  switch (key) {
    case 'name':
      return [secret.name];
    case 'description':
      return [secret.description ?? ''];
    case 'tag-key':
      return Object.keys(secret.tags);
    case 'tag-value':
      return Object.values(secret.tags);
    case 'all':
      return [secret.name, secret.description ?? '', ...Object.entries(secret.tags).flat()];
    default:
      return []; // No replicas and no owning services here.
  }
}

/** All filters must match; of a filter's values one, and none of those that begin with `!`. */
export function matches(secret: Secret, filters: readonly z.infer<typeof Filter>[]): boolean {
  return filters.every(({ Key, Values }) => {
    const texts = subjects(Key, secret);
    // Names and tags are compared with case, descriptions and `all` without.
    const exact = Key === 'name' || Key.startsWith('tag');
    const folded = (text: string) => (exact ? text : text.toLowerCase());
    const hit = (value: string) => texts.some((text) => folded(text).startsWith(folded(value)));
    const wanted = Values.filter((value) => !value.startsWith('!'));
    const refused = Values.filter((value) => value.startsWith('!')).map((value) => value.slice(1));
    return (wanted.length === 0 || wanted.some(hit)) && !refused.some(hit);
  });
}
