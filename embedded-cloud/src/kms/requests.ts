/** The requests of KMS that are served, as schemas. */
import { z } from 'zod';
import { AwsError } from '../service.ts';

const Blob = z.base64().transform((text) => Buffer.from(text, 'base64'));
const KeyId = z.string().min(1).max(2048);
const EncryptionContext = z.record(z.string(), z.string()).default({});

export const requests = {
  Encrypt: z.object({ KeyId, Plaintext: Blob.refine((bytes) => bytes.length <= 4096), EncryptionContext }),
  Decrypt: z.object({ KeyId: KeyId.optional(), CiphertextBlob: Blob, EncryptionContext }),
  GenerateDataKey: z.object({
    KeyId,
    EncryptionContext,
    KeySpec: z.enum(['AES_128', 'AES_256']).optional(),
    NumberOfBytes: z.number().int().min(1).max(1024).optional(),
  }),
  Sign: z.object({
    KeyId,
    Message: Blob,
    MessageType: z.enum(['RAW', 'DIGEST']).default('RAW'),
    SigningAlgorithm: z.string(),
  }),
  Mac: z.object({ KeyId, Message: Blob, MacAlgorithm: z.string() }),
  Key: z.object({ KeyId }),
  ListAliases: z.object({ KeyId: KeyId.optional() }),
  GenerateRandom: z.object({ NumberOfBytes: z.number().int().min(1).max(1024) }),
};
export const Verify = requests.Sign.extend({ Signature: Blob });
export const VerifyMac = requests.Mac.extend({ Mac: Blob });

/** @throws AwsError `ValidationException` that names the offending members */
export function parsed<S extends z.ZodType>(schema: S, input: unknown): z.infer<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new AwsError('ValidationException', issues.join('; '));
}
