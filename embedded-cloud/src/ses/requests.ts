/** The requests of SES's API v2 that are served, as schemas (https://docs.aws.amazon.com/ses/latest/APIReference-V2/). */
import { z } from 'zod';
import { AwsError, notImplemented } from '../service.ts';

const Charset = z.string().default('us-ascii');
const Content = z.object({ Data: z.string(), Charset });
const Addresses = z.array(z.string().min(1)).default([]);

const Message = z.object({
  Subject: Content,
  Body: z
    .object({ Text: Content.optional(), Html: Content.optional() })
    .refine(({ Text, Html }) => Text !== undefined || Html !== undefined, 'must have Text or Html'),
});

export const SendEmail = z.object({
  FromEmailAddress: z.string().min(1),
  Destination: z.object({
    ToAddresses: Addresses,
    CcAddresses: Addresses,
    BccAddresses: Addresses,
  }),
  ReplyToAddresses: Addresses,
  Content: z.object({ Simple: Message }),
});
export type SendEmail = z.infer<typeof SendEmail>;

export const CreateEmailIdentity = z.object({ EmailIdentity: z.string().min(1).max(320) });
export const EmailIdentity = z.object({ EmailIdentity: z.string().min(1) });

/** Members that would change what is sent, and are not served. */
const UNSERVED = [
  'ListManagementOptions',
  'ConfigurationSetName',
  'EndpointId',
  'FromEmailAddressIdentityArn',
];

/** @throws AwsError `NotImplemented` for what SES takes and this does not */
export function refuseUnserved(input: Readonly<Record<string, unknown>>): void {
  for (const name of UNSERVED)
    if (input[name] !== undefined) throw notImplemented('ses', `SendEmail with ${name}`);
  for (const kind of ['Raw', 'Template'])
    if (Reflect.get(Object(input.Content), kind) !== undefined)
      throw notImplemented('ses', `SendEmail with ${kind} content`);
}

/** @throws AwsError `BadRequestException` that names the offending members */
export function parsed<S extends z.ZodType>(schema: S, input: unknown): z.infer<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new AwsError('BadRequestException', issues.join('; '));
}
