/** The embedded Secrets Manager: values sealed on disk, versions with staging labels, IAM on every call. */
import type { Cloud, Service } from '../service.ts';
import { secretActions } from './actions.ts';
import { SecretStore } from './store.ts';
import { provideResourcePolicy, provideSecret } from './template-secret.ts';

export function secretsmanager(cloud: Cloud): Service {
  const store = new SecretStore(cloud.stateDir('secretsmanager'));
  return {
    name: 'secretsmanager',
    actions: secretActions(cloud, store),
    resources: {
      'AWS::SecretsManager::Secret': (request) => provideSecret(cloud, store, request),
      'AWS::SecretsManager::ResourcePolicy': (request) => provideResourcePolicy(cloud, store, request),
    },
    stop: () => store.database.close(),
  };
}
