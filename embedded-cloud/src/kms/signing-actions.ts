/** Signatures and message authentication codes. */
import { createHmac, createPublicKey, timingSafeEqual } from 'node:crypto';
import { type Action, AwsError, type Cloud } from '../service.ts';
import { keyAccess, keyArn } from './key-access.ts';
import type { Key, KeyStore } from './keys.ts';
import { parsed, requests, Verify, VerifyMac } from './requests.ts';
import { algorithmsOf, signMessage, verifyMessage } from './signing.ts';

export function signingActions(cloud: Cloud, store: KeyStore): Record<string, Action> {
  const { authorized, usable } = keyAccess(cloud, store);
  const mac = (key: Key, algorithm: string, message: Buffer): Buffer => {
    const bits = key.spec.slice(5);
    if (algorithm !== `HMAC_SHA_${bits}`)
      throw new AwsError(
        'InvalidKeyUsageException',
        `Algorithm ${algorithm} is incompatible with key spec ${key.spec}.`,
      );
    return createHmac(`sha${bits}`, store.secret(key)).update(message).digest();
  };

  return {
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
  };
}
