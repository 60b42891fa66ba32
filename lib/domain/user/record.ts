import { collection } from '../storage/collection.ts';
import { Keys, Partitions } from '../storage/keys.ts';
import { User } from './schema.ts';

export const users = collection({
  kind: 'user',
  schema: User,
  key: (user) => Keys.user(user.id),
  index: (user) => ({ gsi1pk: Partitions.users, gsi1sk: user.name }),
});
