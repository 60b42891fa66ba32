/** Encrypting and decrypting, data keys and random bytes. */
import { randomBytes } from 'node:crypto';
import { type Action, AwsError, type Call, type Cloud, type ConditionValues } from '../service.ts';
import { keyAccess, keyArn } from './key-access.ts';
import type { Key, KeyStore } from './keys.ts';
import { parsed, requests } from './requests.ts';
import { open, seal } from './sealed-box.ts';

/** The encryption context in one order, as the additional data that binds a ciphertext to it. */
function contextText(context: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function contextValues(context: Readonly<Record<string, string>>): ConditionValues {
  const entries = Object.entries(context).map(([key, value]) => [`kms:EncryptionContext:${key}`, value]);
  return { ...Object.fromEntries(entries), 'kms:EncryptionContextKeys': Object.keys(context) };
}

/** A ciphertext begins with a version byte and the id of its key, 36 characters. */
const HEAD = 37;

export function encryptionActions(cloud: Cloud, store: KeyStore): Record<string, Action> {
  const { authorized, usable } = keyAccess(cloud, store);
  const encrypt = (key: Key, plaintext: Buffer, context: Record<string, string>) =>
    Buffer.concat([
      Buffer.from(`\x01${key.id}`),
      seal(store.secret(key), plaintext, contextText(context)),
    ]).toString('base64');
  const dataKey = (action: string, input: unknown, call: Call) => {
    const { KeyId, EncryptionContext, KeySpec, NumberOfBytes } = parsed(requests.GenerateDataKey, input);
    const key = authorized(action, KeyId, call, contextValues(EncryptionContext));
    usable(key, 'ENCRYPT_DECRYPT', action);
    if ((KeySpec === undefined) === (NumberOfBytes === undefined))
      throw new AwsError('ValidationException', 'Please specify either number of bytes or key spec.');
    const plaintext = randomBytes(NumberOfBytes ?? (KeySpec === 'AES_128' ? 16 : 32));
    return {
      KeyId: keyArn(cloud, key.id),
      plaintext,
      CiphertextBlob: encrypt(key, plaintext, EncryptionContext),
    };
  };

  return {
    Encrypt(input, call) {
      const { KeyId, Plaintext, EncryptionContext } = parsed(requests.Encrypt, input);
      const key = authorized('Encrypt', KeyId, call, contextValues(EncryptionContext));
      usable(key, 'ENCRYPT_DECRYPT', 'Encrypt');
      return {
        CiphertextBlob: encrypt(key, Plaintext, EncryptionContext),
        KeyId: keyArn(cloud, key.id),
        EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      };
    },
    Decrypt(input, call) {
      const { KeyId, CiphertextBlob, EncryptionContext } = parsed(requests.Decrypt, input);
      const invalid = () => new AwsError('InvalidCiphertextException', 'The ciphertext is not valid.');
      const id = CiphertextBlob.subarray(1, HEAD).toString();
      if (CiphertextBlob[0] !== 1 || !store.byId(id)) throw invalid();
      const key = authorized('Decrypt', id, call, contextValues(EncryptionContext));
      if (KeyId !== undefined && store.find(KeyId)?.id !== key.id)
        throw new AwsError(
          'IncorrectKeyException',
          'The key ID in the request does not identify a CMK that can perform this operation.',
        );
      usable(key, 'ENCRYPT_DECRYPT', 'Decrypt');
      try {
        const plaintext = open(
          store.secret(key),
          CiphertextBlob.subarray(HEAD),
          contextText(EncryptionContext),
        );
        return {
          Plaintext: plaintext.toString('base64'),
          KeyId: keyArn(cloud, key.id),
          EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
        };
      } catch {
        throw invalid();
      }
    },
    GenerateDataKey(input, call) {
      const { plaintext, ...answer } = dataKey('GenerateDataKey', input, call);
      return { ...answer, Plaintext: plaintext.toString('base64') };
    },
    GenerateDataKeyWithoutPlaintext(input, call) {
      const { plaintext, ...answer } = dataKey('GenerateDataKeyWithoutPlaintext', input, call);
      return answer;
    },
    GenerateRandom(input, call) {
      const { NumberOfBytes } = parsed(requests.GenerateRandom, input);
      call.authorize('kms:GenerateRandom', '*');
      return { Plaintext: randomBytes(NumberOfBytes).toString('base64') };
    },
  };
}
