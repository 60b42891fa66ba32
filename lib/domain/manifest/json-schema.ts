/** The JSON Schema of manifests, by which editors complete and explain them. Made of the schema that checks them. */
import * as z from 'zod';
import { Manifest } from './schema.ts';

/**
 * JSON Schema, draft 2020-12. What it allows may still be refused: comparisons of fields, sums and reserved names are
 * beyond it.
 */
export function manifestJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(Manifest, { io: 'input' });
  return {
    $schema,
    title: 'staithe.yaml',
    description: 'The manifest of a Staithe project: its services, and how each is built.',
    ...rest,
  };
}
