/**
 * Who a key policy speaks of. On a key, identity policies count only as far as the key policy hands them the say by
 * naming the account (https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html).
 */
import { z } from 'zod';

const oneOrMany = <S extends z.ZodType>(schema: S) =>
  z.union([schema, z.array(schema)]).transform((value) => [value].flat());

const Principals = z.object({
  Statement: oneOrMany(
    z.object({
      Principal: z
        .union([
          z.literal('*').transform(() => ({ AWS: ['*'] })),
          z.object({ AWS: oneOrMany(z.string()).default([]) }),
        ])
        .optional(),
    }),
  ),
});

/** Whether any statement names everybody, or one of `names` (ARNs, account ids), as its principal. */
export function speaksOf(keyPolicy: object, names: readonly string[]): boolean {
  const policy = Principals.safeParse(keyPolicy);
  const named = policy.success ? policy.data.Statement.flatMap(({ Principal }) => Principal?.AWS ?? []) : [];
  return named.some((name) => name === '*' || names.includes(String(name)));
}

/** A policy that lets nobody in, for callers of whom the key's own policy says nothing. */
export const NOBODY = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Deny', Principal: '*', Action: '*', Resource: '*' }],
};
