/** Answers of the registry's HTTP API and its errors (https://github.com/opencontainers/distribution-spec, "Error Codes"). */
import { AwsError, type HttpResponse } from '../../service.ts';
import { ManifestInvalid } from '../manifest.ts';

type ErrorCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DENIED'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'RANGE_INVALID'
  | 'SIZE_INVALID'
  | 'TAG_INVALID'
  | 'TOOMANYREQUESTS'
  | 'UNAUTHORIZED'
  | 'UNSUPPORTED';

export class RegistryFailure extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly headers: Record<string, string>;

  constructor(code: ErrorCode, message: string, status: number, headers: Record<string, string> = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.headers = headers;
  }
}

/** What the registry calls the exceptions of the API. */
const NAMES: Record<string, readonly [code: ErrorCode, status: number]> = {
  AccessDeniedException: ['DENIED', 403],
  RepositoryNotFoundException: ['NAME_UNKNOWN', 404],
  ImageNotFoundException: ['MANIFEST_UNKNOWN', 404],
  ImageTagAlreadyExistsException: ['TAG_INVALID', 400],
  ImageDigestDoesNotMatchException: ['DIGEST_INVALID', 400],
  // OCI distribution specification, "Error Codes".
  ThrottlingException: ['TOOMANYREQUESTS', 429],
  LayersNotFoundException: ['MANIFEST_BLOB_UNKNOWN', 404],
  ReferencedImagesNotFoundException: ['MANIFEST_BLOB_UNKNOWN', 404],
};

/** @returns undefined for what is no error of the protocol but a fault of the server */
export function failureOf(error: unknown): RegistryFailure | undefined {
  if (error instanceof RegistryFailure) return error;
  if (error instanceof ManifestInvalid) return new RegistryFailure('MANIFEST_INVALID', error.message, 400);
  const named = error instanceof AwsError ? NAMES[error.code] : undefined;
  return named && error instanceof Error ? new RegistryFailure(named[0], error.message, named[1]) : undefined;
}

export function errorAnswer({ code, message, status, headers }: RegistryFailure): HttpResponse {
  return {
    status,
    headers: { ...headers, 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify({ errors: [{ code, message }] }),
  };
}

export function jsonAnswer(
  body: unknown,
  headers: Record<string, string> = {},
  contentType = 'application/json; charset=utf-8',
): HttpResponse {
  return { status: 200, headers: { ...headers, 'content-type': contentType }, body: JSON.stringify(body) };
}
