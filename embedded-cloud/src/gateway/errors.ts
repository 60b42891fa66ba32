/** Errors as each protocol of AWS writes them. */
import { AwsError, type HttpResponse } from '../service.ts';
import { type FailureKind, SignatureFailure } from '../sigv4/failure.ts';

/** How a service answers: S3's XML, the query protocol's XML (STS), REST with JSON (Lambda), or JSON (the rest). */
export type Protocol = 's3' | 'query' | 'rest-json' | 'json';

type Named = readonly [code: string, status: number];

/**
 * What each protocol calls a refused signature: S3 by its error list
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html), the others by the common errors
 * (https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html).
 */
const SIGNATURE_ERRORS: Record<FailureKind, { s3: Named; query: Named; json: Named }> = {
  missing: named(
    ['AccessDenied', 403],
    ['MissingAuthenticationToken', 403],
    ['MissingAuthenticationTokenException', 400],
  ),
  incomplete: named(
    ['AuthorizationHeaderMalformed', 400],
    ['IncompleteSignature', 400],
    ['IncompleteSignatureException', 400],
  ),
  'query-parameters': named(
    ['AuthorizationQueryParametersError', 400],
    ['IncompleteSignature', 400],
    ['IncompleteSignatureException', 400],
  ),
  'unknown-key': named(
    ['InvalidAccessKeyId', 403],
    ['InvalidClientTokenId', 403],
    ['UnrecognizedClientException', 400],
  ),
  'invalid-token': named(
    ['InvalidToken', 400],
    ['InvalidClientTokenId', 403],
    ['UnrecognizedClientException', 400],
  ),
  'expired-token': named(['ExpiredToken', 400], ['ExpiredToken', 403], ['ExpiredTokenException', 400]),
  mismatch: named(
    ['SignatureDoesNotMatch', 403],
    ['SignatureDoesNotMatch', 403],
    ['InvalidSignatureException', 400],
  ),
  skewed: named(
    ['RequestTimeTooSkewed', 403],
    ['SignatureDoesNotMatch', 403],
    ['InvalidSignatureException', 400],
  ),
  'url-expired': named(
    ['AccessDenied', 403],
    ['SignatureDoesNotMatch', 403],
    ['InvalidSignatureException', 400],
  ),
  'url-not-yet-valid': named(
    ['AccessDenied', 403],
    ['SignatureDoesNotMatch', 403],
    ['InvalidSignatureException', 400],
  ),
  scope: named(
    ['AuthorizationHeaderMalformed', 400],
    ['SignatureDoesNotMatch', 403],
    ['InvalidSignatureException', 400],
  ),
  'unsigned-headers': named(
    ['AccessDenied', 403],
    ['SignatureDoesNotMatch', 403],
    ['InvalidSignatureException', 400],
  ),
  'malformed-uri': named(['InvalidURI', 400], ['MalformedQueryString', 404], ['SerializationException', 400]),
  'body-mismatch': named(
    ['XAmzContentSHA256Mismatch', 400],
    ['SignatureDoesNotMatch', 403],
    ['InvalidSignatureException', 400],
  ),
};

function named(s3: Named, query: Named, json: Named) {
  return { s3, query, json };
}

/** Gives a refused signature the name that the protocol has for it; leaves every other error as it is. */
export function inProtocol(error: unknown, protocol: Protocol): unknown {
  if (!(error instanceof SignatureFailure)) return error;
  const [code, status] = SIGNATURE_ERRORS[error.kind][protocol === 'rest-json' ? 'json' : protocol];
  // REST services answer with 403 where the JSON ones, which have only 400 and 500, answer with 400.
  return new AwsError(code, error.message, protocol === 'rest-json' ? 403 : status);
}

/** @param error an `AwsError`; everything else is a bug and becomes `InternalFailure` without details */
export function errorResponse(
  error: unknown,
  protocol: Protocol,
  requestId: string,
  path: string,
): HttpResponse {
  const { code, message, status, members } =
    error instanceof AwsError
      ? error
      : new AwsError(
          'InternalFailure',
          'The request processing has failed because of an unknown error.',
          500,
        );
  switch (protocol) {
    case 's3':
      return xml(
        status,
        { 'x-amz-request-id': requestId },
        `<Error><Code>${escapeXml(code === 'InternalFailure' ? 'InternalError' : code)}</Code><Message>${escapeXml(message)}</Message>${memberElements(members)}<Resource>${escapeXml(path)}</Resource><RequestId>${requestId}</RequestId></Error>`,
      );
    case 'query':
      return xml(
        status,
        { 'x-amzn-requestid': requestId },
        `<ErrorResponse><Error><Type>${status < 500 ? 'Sender' : 'Receiver'}</Type><Code>${escapeXml(code)}</Code><Message>${escapeXml(message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
      );
    default:
      return {
        status,
        headers: {
          'content-type': protocol === 'json' ? 'application/x-amz-json-1.1' : 'application/json',
          'x-amzn-requestid': requestId,
          'x-amzn-errortype': code,
        },
        body: JSON.stringify({ __type: code, message, ...members }),
      };
  }
}

function xml(status: number, headers: Record<string, string>, body: string): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'application/xml', ...headers },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
  };
}

function memberElements(members: Record<string, unknown>): string {
  return Object.entries(members)
    .map(([name, value]) => `<${name}>${escapeXml(String(value))}</${name}>`)
    .join('');
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (found) => `&#${found.charCodeAt(0)};`);
}
