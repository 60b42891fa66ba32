/** Why a signed request was not accepted. Each protocol has its own name for it; `gateway/errors.ts` has the table. */
export type FailureKind =
  | 'missing'
  | 'incomplete'
  | 'query-parameters'
  | 'unknown-key'
  | 'invalid-token'
  | 'expired-token'
  | 'mismatch'
  | 'skewed'
  | 'url-expired'
  | 'url-not-yet-valid'
  | 'scope'
  | 'unsigned-headers'
  | 'malformed-uri'
  | 'body-mismatch';

export class SignatureFailure extends Error {
  readonly kind: FailureKind;

  constructor(kind: FailureKind, message: string) {
    super(message);
    this.kind = kind;
  }
}
