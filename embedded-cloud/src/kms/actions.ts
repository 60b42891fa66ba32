/** The actions of KMS (https://docs.aws.amazon.com/kms/latest/APIReference/). */
import type { Action, Cloud } from '../service.ts';
import { descriptionActions } from './description-actions.ts';
import { encryptionActions } from './encryption-actions.ts';
import type { KeyStore } from './keys.ts';
import { signingActions } from './signing-actions.ts';

export function keyActions(cloud: Cloud, store: KeyStore): Record<string, Action> {
  return {
    ...encryptionActions(cloud, store),
    ...signingActions(cloud, store),
    ...descriptionActions(cloud, store),
  };
}
