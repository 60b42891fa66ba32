import * as z from 'zod';
import { collection } from '../storage/collection.ts';
import { Keys } from '../storage/keys.ts';
import { Environment } from './schema.ts';

/** Of an earlier version: `url` had another name. */
const upgraded = (item: unknown): unknown => ({ url: Object(item).preview_url, ...Object(item) });

export const environments = collection({
  kind: 'environment',
  schema: z.preprocess(upgraded, Environment),
  key: (environment) => Keys.environment(environment.project_id, environment.name),
});
