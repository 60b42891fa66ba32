/** The actions of KMS (https://docs.aws.amazon.com/kms/latest/APIReference/). */
import { createHmac, createPublicKey, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Action, AwsError, type Call, type Cloud, type ConditionValues } from '../service.ts';
import { NOBODY, speaksOf } from './key-policy.ts';
import type { Key, KeyStore } from './keys.ts';
import { parsed, requests, Verify, VerifyMac } from './requests.ts';
import { open, seal } from './sealed-box.ts';
import { algorithmsOf, signMessage, verifyMessage } from './signing.ts';

export function keyArn(cloud: Cloud, id: string): string {
  return `arn:${cloud.partition}:kms:${cloud.region}:${cloud.accountId}:key/${id}`;
}

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

export function keyActions(cloud: Cloud, store: KeyStore): Record<string, Action> {
  const authorized = (action: string, reference: string, call: Call, values: ConditionValues = {}): Key => {
    const key = store.find(reference);
    const resource = key
      ? keyArn(cloud, key.id)
      : reference.startsWith('arn:')
        ? reference
        : keyArn(cloud, reference);
    const aliases = key ? store.aliases(key.id).map(({ name }) => name) : [];
    call.authorize(`kms:${action}`, resource, {
      values: {
        'kms:KeySpec': key?.spec,
        'kms:KeyUsage': key?.usage,
        'kms:ResourceAliases': aliases,
        'kms:RequestAlias': /alias\/.*$/.exec(reference)?.[0],
        ...values,
      },
      ...(key ? { resourcePolicies: policiesFor(key, call) } : {}),
    });
    if (key) return key;
    throw new AwsError('NotFoundException', `Key '${reference}' does not exist`);
  };
  const policiesFor = (key: Key, { principal }: Call): object[] => {
    const account = [`arn:${cloud.partition}:iam::${cloud.accountId}:root`, cloud.accountId];
    const told = principal.kind !== 'role' || speaksOf(key.policy, [...account, principal.arn]);
    return told ? [key.policy] : [key.policy, NOBODY];
  };
  const usable = (key: Key, usage: Key['usage'], action: string): Key => {
    if (!key.enabled) throw new AwsError('DisabledException', `${keyArn(cloud, key.id)} is disabled.`);
    if (key.usage === usage) return key;
    throw new AwsError(
      'InvalidKeyUsageException',
      `${keyArn(cloud, key.id)} key usage is ${key.usage} which is not valid for ${action}.`,
    );
  };
  const encrypt = (key: Key, plaintext: Buffer, context: Record<string, string>) =>
    Buffer.concat([
      Buffer.from(`\x01${key.id}`),
      seal(store.secret(key), plaintext, contextText(context)),
    ]).toString('base64');
  const mac = (key: Key, algorithm: string, message: Buffer): Buffer => {
    const bits = key.spec.slice(5);
    if (algorithm !== `HMAC_SHA_${bits}`)
      throw new AwsError(
        'InvalidKeyUsageException',
        `Algorithm ${algorithm} is incompatible with key spec ${key.spec}.`,
      );
    return createHmac(`sha${bits}`, store.secret(key)).update(message).digest();
  };
  const described = (key: Key) => ({
    AWSAccountId: cloud.accountId,
    KeyId: key.id,
    Arn: keyArn(cloud, key.id),
    CreationDate: key.created / 1000,
    Enabled: key.enabled,
    Description: key.description,
    KeyUsage: key.usage,
    KeyState: key.enabled ? 'Enabled' : 'Disabled',
    Origin: 'AWS_KMS',
    KeyManager: 'CUSTOMER',
    KeySpec: key.spec,
    CustomerMasterKeySpec: key.spec,
    MultiRegion: false,
    ...(key.usage === 'ENCRYPT_DECRYPT' ? { EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'] } : {}),
    ...(key.usage === 'SIGN_VERIFY' ? { SigningAlgorithms: algorithmsOf(key.spec) } : {}),
    ...(key.usage === 'GENERATE_VERIFY_MAC' ? { MacAlgorithms: [`HMAC_SHA_${key.spec.slice(5)}`] } : {}),
  });
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
    async Sign(input, call) {
      const request = parsed(requests.Sign, input);
      const values = {
        'kms:SigningAlgorithm': request.SigningAlgorithm,
        'kms:MessageType': request.MessageType,
      };
      const key = usable(authorized('Sign', request.KeyId, call, values), 'SIGN_VERIFY', 'Sign');
      const message = { content: request.Message, digested: request.MessageType === 'DIGEST' };
      const signature = await signMessage(store.privateKey(key), key.spec, request.SigningAlgorithm, message);
      return {
        KeyId: keyArn(cloud, key.id),
        Signature: signature.toString('base64'),
        SigningAlgorithm: request.SigningAlgorithm,
      };
    },
    async Verify(input, call) {
      const request = parsed(Verify, input);
      const values = {
        'kms:SigningAlgorithm': request.SigningAlgorithm,
        'kms:MessageType': request.MessageType,
      };
      const key = usable(authorized('Verify', request.KeyId, call, values), 'SIGN_VERIFY', 'Verify');
      const message = { content: request.Message, digested: request.MessageType === 'DIGEST' };
      const publicKey = createPublicKey(store.privateKey(key));
      const { SigningAlgorithm, Signature } = request;
      if (!(await verifyMessage(publicKey, key.spec, SigningAlgorithm, message, Signature)))
        throw new AwsError('KMSInvalidSignatureException', 'The signature is not valid.');
      return {
        KeyId: keyArn(cloud, key.id),
        SignatureValid: true,
        SigningAlgorithm: request.SigningAlgorithm,
      };
    },
    GetPublicKey(input, call) {
      const { KeyId } = parsed(requests.Key, input);
      const key = usable(authorized('GetPublicKey', KeyId, call), 'SIGN_VERIFY', 'GetPublicKey');
      const der = createPublicKey(store.privateKey(key)).export({ format: 'der', type: 'spki' });
      return {
        KeyId: keyArn(cloud, key.id),
        PublicKey: der.toString('base64'),
        KeySpec: key.spec,
        CustomerMasterKeySpec: key.spec,
        KeyUsage: key.usage,
        SigningAlgorithms: algorithmsOf(key.spec),
      };
    },
    GenerateMac(input, call) {
      const { KeyId, Message, MacAlgorithm } = parsed(requests.Mac, input);
      const key = authorized('GenerateMac', KeyId, call, { 'kms:MacAlgorithm': MacAlgorithm });
      usable(key, 'GENERATE_VERIFY_MAC', 'GenerateMac');
      const Mac = mac(key, MacAlgorithm, Message).toString('base64');
      return { KeyId: keyArn(cloud, key.id), Mac, MacAlgorithm };
    },
    VerifyMac(input, call) {
      const { KeyId, Message, MacAlgorithm, Mac } = parsed(VerifyMac, input);
      const key = authorized('VerifyMac', KeyId, call, { 'kms:MacAlgorithm': MacAlgorithm });
      usable(key, 'GENERATE_VERIFY_MAC', 'VerifyMac');
      const expected = mac(key, MacAlgorithm, Message);
      if (expected.length !== Mac.length || !timingSafeEqual(expected, Mac))
        throw new AwsError('KMSInvalidMacException', 'The HMAC is not valid.');
      return { KeyId: keyArn(cloud, key.id), MacAlgorithm, MacValid: true };
    },
    DescribeKey(input, call) {
      const { KeyId } = parsed(requests.Key, input);
      return { KeyMetadata: described(authorized('DescribeKey', KeyId, call)) };
    },
    GetKeyPolicy(input, call) {
      const { KeyId } = parsed(requests.Key, input);
      const { policy } = authorized('GetKeyPolicy', KeyId, call);
      return { Policy: JSON.stringify(policy), PolicyName: 'default' };
    },
    ListKeys(_input, call) {
      call.authorize('kms:ListKeys', '*');
      return {
        Keys: store.all().map(({ id }) => ({ KeyId: id, KeyArn: keyArn(cloud, id) })),
        Truncated: false,
      };
    },
    ListAliases(input, call) {
      const { KeyId } = parsed(requests.ListAliases, input);
      call.authorize('kms:ListAliases', '*');
      const aliases = store
        .aliases(KeyId === undefined ? undefined : (store.find(KeyId)?.id ?? ''))
        .map((alias) => ({
          AliasName: alias.name,
          AliasArn: keyArn(cloud, '').replace(/key\/$/, alias.name),
          TargetKeyId: alias.keyId,
          CreationDate: alias.created / 1000,
        }));
      return { Aliases: aliases, Truncated: false };
    },
  };
}
