import { collection } from '../storage/collection.ts';
import { Keys } from '../storage/keys.ts';
import { Environment } from './schema.ts';

export const environments = collection({
  kind: 'environment',
  schema: Environment,
  key: (environment) => Keys.environment(environment.project_id, environment.name),
});
