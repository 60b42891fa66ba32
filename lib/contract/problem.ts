/** Errors over HTTP: problem documents (RFC 9457), the one place where an error's kind becomes a status. */
import * as z from 'zod';
import type { StaitheError } from '../domain/error.ts';
import { ERRORS, type ErrorCode, type ErrorKind } from '../domain/error-codes.ts';
import { PresignedUpload } from '../domain/upload.ts';

export const STATUS_OF_KIND = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  missing: 404,
  conflict: 409,
  too_large: 413,
  unsupported: 415,
  unprocessable: 422,
  throttled: 429,
  busy: 503,
  unavailable: 500,
} as const satisfies Record<ErrorKind, number>;

export const Problem = z
  .object({
    type: z.string().meta({ examples: ['urn:staithe:problem:not_found'] }),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string(),
    remedy: z.string(),
    request_id: z.string(),
    fields: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
    /** With `body_too_large` on an artifact's upload: where the same bytes may go instead. */
    upload: PresignedUpload.optional(),
  })
  .meta({ description: 'RFC 9457 problem document. `code` is stable; `remedy` is the next step.' });
export type Problem = z.infer<typeof Problem>;

/** What API Gateway says by itself. */
export const GatewayMessage = z.object({ message: z.string() }).meta({
  description: 'The response of API Gateway itself: no function was invoked, or none responded.',
});

/** A stable name of the problem's type. A URN, as RFC 9457 section 3.1.1 lets a type be no locator. */
const typeOf = (code: ErrorCode): string => `urn:staithe:problem:${code}`;

export function statusOf(code: ErrorCode): number {
  return STATUS_OF_KIND[ERRORS[code].kind];
}

export function problemOf(error: StaitheError, requestId: string): Problem {
  return {
    type: typeOf(error.code),
    title: ERRORS[error.code].title,
    status: statusOf(error.code),
    code: error.code,
    detail: error.message,
    remedy: error.remedy,
    request_id: requestId,
    ...error.extensions,
    ...(error.fields.length > 0 && { fields: [...error.fields] }),
  };
}
