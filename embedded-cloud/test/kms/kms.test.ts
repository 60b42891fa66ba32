import { createHash, createPublicKey, verify } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import {
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateMacCommand,
  GetPublicKeyCommand,
  KMSClient,
  ListAliasesCommand,
  SignCommand,
  type SigningAlgorithmSpec,
  VerifyCommand,
  VerifyMacCommand,
} from '@aws-sdk/client-kms';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { kms } from '../../src/kms/index.ts';
import type { Service } from '../../src/service.ts';
import { ACCOUNT, type SmallCloud, smallCloud } from '../../test-kit/small-cloud.ts';

let cloud: SmallCloud<Service>;
let client: KMSClient;
beforeEach(async () => {
  cloud = await smallCloud(kms);
  client = new KMSClient(cloud.operator);
});
afterEach(() => cloud.stop());

const key = async (properties: Record<string, unknown> = {}, logicalId = 'Key') =>
  (await cloud.provide('AWS::KMS::Key', properties, logicalId)).ref;
const Plaintext = Buffer.from('secret');

test('what is encrypted is decrypted only in the same context', async () => {
  const KeyId = await key();
  const EncryptionContext = { project: 'a', stage: 'b' };
  const { CiphertextBlob } = await client.send(new EncryptCommand({ KeyId, Plaintext, EncryptionContext }));

  const same = await client.send(
    new DecryptCommand({ CiphertextBlob, EncryptionContext: { stage: 'b', project: 'a' } }),
  );
  const other = client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: { project: 'x' } }));

  await expect(other).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
  expect(Buffer.from(same.Plaintext ?? [])).toEqual(Plaintext);
  expect(same.KeyId).toMatch(/:key\//);
});

test('a changed ciphertext and another key are refused', async () => {
  const KeyId = await key();
  const { CiphertextBlob = new Uint8Array() } = await client.send(new EncryptCommand({ KeyId, Plaintext }));
  const changed = Uint8Array.from(CiphertextBlob, (byte, at) =>
    at === CiphertextBlob.length - 1 ? byte ^ 1 : byte,
  );
  const decrypt = (blob: Uint8Array, id?: string) =>
    client.send(new DecryptCommand({ CiphertextBlob: blob, ...(id ? { KeyId: id } : {}) }));

  await expect(decrypt(changed)).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
  await expect(decrypt(CiphertextBlob, await key({}, 'Other'))).rejects.toMatchObject({
    name: 'IncorrectKeyException',
  });
});

test('a data key comes in the clear and encrypted', async () => {
  const KeyId = await key();

  const { CiphertextBlob, Plaintext: clear } = await client.send(
    new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }),
  );

  const decrypted = await client.send(new DecryptCommand({ CiphertextBlob }));
  expect(clear).toHaveLength(32);
  expect(decrypted.Plaintext).toEqual(clear);
});

const SIGNATURES: [KeySpec: string, SigningAlgorithm: SigningAlgorithmSpec, hash: string][] = [
  ['ECC_NIST_P256', 'ECDSA_SHA_256', 'sha256'],
  ['ECC_NIST_P384', 'ECDSA_SHA_384', 'sha384'],
  ['RSA_2048', 'RSASSA_PKCS1_V1_5_SHA_256', 'sha256'],
];
test.each(SIGNATURES)(
  '%s signs messages and digests alike, as anyone can verify',
  async (KeySpec, SigningAlgorithm, hash) => {
    const KeyId = await key({ KeySpec, KeyUsage: 'SIGN_VERIFY' });
    const message = Buffer.from('an attestation');
    const digest = createHash(hash).update(message).digest();
    const sign = async (MessageType: 'RAW' | 'DIGEST', Message: Buffer) =>
      (await client.send(new SignCommand({ KeyId, Message, MessageType, SigningAlgorithm }))).Signature ??
      new Uint8Array();
    const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId }));
    const publicKey = createPublicKey({ key: Buffer.from(PublicKey ?? []), format: 'der', type: 'spki' });

    for (const Signature of [await sign('RAW', message), await sign('DIGEST', digest)]) {
      const ask = (MessageType: 'RAW' | 'DIGEST', Message: Buffer) =>
        client.send(new VerifyCommand({ KeyId, Message, MessageType, Signature, SigningAlgorithm }));

      expect(verify(hash, message, publicKey, Signature)).toBe(true);
      expect((await ask('RAW', message)).SignatureValid).toBe(true);
      expect((await ask('DIGEST', digest)).SignatureValid).toBe(true);
      const forged = ask('DIGEST', createHash(hash).update('forged').digest());
      await expect(forged).rejects.toMatchObject({ name: 'KMSInvalidSignatureException' });
    }
  },
);

test('a MAC is made and verified, and a wrong one refused', async () => {
  const KeyId = await key({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
  const request = { KeyId, Message: Buffer.from('m'), MacAlgorithm: 'HMAC_SHA_256' } as const;
  const { Mac } = await client.send(new GenerateMacCommand(request));

  const verified = await client.send(new VerifyMacCommand({ ...request, Mac }));
  const wrong = client.send(new VerifyMacCommand({ ...request, Message: Buffer.from('n'), Mac }));

  await expect(wrong).rejects.toMatchObject({ name: 'KMSInvalidMacException' });
  expect(verified.MacValid).toBe(true);
});

test('a key does only what it is for', async () => {
  const KeyId = await key({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });

  const encrypted = client.send(new EncryptCommand({ KeyId, Plaintext }));

  await expect(encrypted).rejects.toMatchObject({ name: 'InvalidKeyUsageException' });
});

test('a key is found by its aliases, and both stay the same at every start', async () => {
  const KeyId = await key();
  const alias = { AliasName: 'alias/release', TargetKeyId: KeyId };
  await cloud.provide('AWS::KMS::Alias', alias);
  const { CiphertextBlob } = await client.send(new EncryptCommand({ KeyId: 'alias/release', Plaintext }));
  await cloud.stop(false);
  cloud = await smallCloud(kms, cloud.folder);
  client = new KMSClient(cloud.operator);

  const again = await key();

  expect(again).toBe(KeyId);
  const { Aliases } = await client.send(new ListAliasesCommand({ KeyId }));
  expect(Aliases?.map(({ AliasName }) => AliasName)).toEqual(['alias/release']);
  const described = await client.send(new DescribeKeyCommand({ KeyId: 'alias/release' }));
  expect(described.KeyMetadata).toMatchObject({ KeyId, KeyState: 'Enabled', KeySpec: 'SYMMETRIC_DEFAULT' });
  const decrypted = await client.send(new DecryptCommand({ CiphertextBlob }));
  expect(Buffer.from(decrypted.Plaintext ?? [])).toEqual(Plaintext);
  expect(statSync(join(cloud.folder, 'kms', 'key')).mode & 0o777).toBe(0o600);
});

test('the key policy can let a role in, and a role without any word of it stays out', async () => {
  const KeyId = await key({
    KeyPolicy: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/named` },
          Action: 'kms:Encrypt',
          Resource: '*',
          Condition: { StringEquals: { 'kms:EncryptionContext:project': 'a' } },
        },
      ],
    },
  });
  const allowed = { Effect: 'Allow', Action: 'kms:*', Resource: '*' };
  const encrypt = (role: string, project: string, ...statements: object[]) =>
    new KMSClient(cloud.role(role, statements))
      .send(new EncryptCommand({ KeyId, Plaintext, EncryptionContext: { project } }))
      .then(
        () => 'encrypted',
        (error: Error) => error.name,
      );

  const outcomes = [
    await encrypt('named', 'a'),
    await encrypt('named', 'b'),
    await encrypt('other', 'a'),
    // The policy of this key does not name the account, so no identity policy can open it.
    await encrypt('allowed', 'a', allowed),
  ];

  expect(outcomes).toEqual(['encrypted', ...Array(3).fill('AccessDeniedException')]);
});

test('a key without a policy of its own is open to the identity policies of the account', async () => {
  const KeyId = await key();
  const encrypt = (role: string, statements: object[]) =>
    new KMSClient(cloud.role(role, statements)).send(new EncryptCommand({ KeyId, Plaintext }));

  const allowed = encrypt('allowed', [{ Effect: 'Allow', Action: 'kms:Encrypt', Resource: '*' }]);
  await expect(allowed).resolves.toBeDefined();
  const refused = encrypt('refused', []);
  await expect(refused).rejects.toMatchObject({ name: 'AccessDeniedException' });
});
