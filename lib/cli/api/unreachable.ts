/** Why a URL cannot be reached, and what to do about it. */
import type { Connection } from '../connection/find.ts';
import { EXIT } from '../failure/exit-codes.ts';
import { Failure } from '../failure/failure.ts';

/** The code of an error or of what caused it: `fetch failed` says nothing, its cause does. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error.cause;
  return codeOf(inner) ?? (error.name === 'TimeoutError' ? error.name : undefined);
}

/** Names of OpenSSL (X509_V_ERR_…) and of Node for certificates that are not trusted. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME|^HOSTNAME_MISMATCH$/;
const NO_TLS = /^ERR_SSL|^EPROTO$/;

/** Whether a retry cannot help. */
export function isPermanent(error: unknown): boolean {
  const code = codeOf(error) ?? '';
  return CERTIFICATE.test(code) || NO_TLS.test(code) || code === 'ENOTFOUND';
}

/** The problem of a certificate and its remedy. */
function certificateReason(url: string, code: string): readonly [detail: string, remedy: string] {
  const detail = (reason: string) => `The certificate of ${url} is not trusted: ${reason} (${code}).`;
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return [
        detail('it has expired'),
        'Renew the certificate of the server, or correct the clock of this machine (`date -u`).',
      ];
    case 'CERT_NOT_YET_VALID':
      return [detail('it is not valid yet'), 'Correct the clock of this machine (`date -u`).'];
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
    case 'HOSTNAME_MISMATCH':
      return [
        detail(`it is not valid for the host ${new URL(url).hostname}`),
        'Use a host name of the certificate, or install a certificate for this host.',
      ];
    case 'CERT_REVOKED':
      return [detail('it was revoked'), 'Install a new certificate on the server.'];
    default:
      return [
        detail(code === 'DEPTH_ZERO_SELF_SIGNED_CERT' ? 'it is self-signed' : 'its issuer is unknown'),
        'If a proxy inspects TLS, or the CA is private, trust its certificate: NODE_EXTRA_CA_CERTS=<file.pem>.',
      ];
  }
}

/** @param unknownHost the remedy if the host has no address @param remedy the remedy if it does not respond */
function reasonOf(
  url: string,
  code: string,
  unknownHost: string,
  remedy: string,
): readonly [detail: string, remedy: string] {
  const { hostname } = new URL(url);
  if (CERTIFICATE.test(code)) return certificateReason(url, code);
  if (NO_TLS.test(code))
    return [`The server at ${url} does not use TLS (${code}).`, 'Check the scheme and the port of the URL.'];
  if (code === 'ECONNREFUSED') return [`Cannot reach ${url}: connection refused (${code}).`, remedy];
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return [`Cannot reach ${url}: unknown host ${hostname} (${code}).`, unknownHost];
  if (code === 'TimeoutError') return [`No response from ${url} within 45 seconds.`, remedy];
  return [`Cannot reach ${url}${code && `: the connection failed (${code})`}.`, remedy];
}

const CHECK_URL = 'Check the URL and the network; `--verbose` shows where the URL comes from.';
const CHECK_STORAGE =
  'This is the storage host of the server. Check that this machine can reach it (network, DNS, proxy), then run the command again.';

/** @param connection undefined: it was not resolved */
export function unreachableFailure(url: string, cause: unknown, connection: Connection | undefined): Failure {
  const [detail, usual] = reasonOf(
    url,
    codeOf(cause) ?? '',
    CHECK_URL,
    connection?.local === false ? CHECK_URL : 'staithe start',
  );
  const running = connection?.running;
  const remedy =
    running === undefined
      ? usual
      : `Use the server that is running on this machine: --url ${running}${connection?.specifiedBy === 'STAITHE_URL' ? ' (or unset STAITHE_URL)' : ''}.`;
  const lines = connection === undefined ? [] : [connection.origin];
  return new Failure(EXIT.unreachable, { code: 'unreachable', detail, remedy }, { cause, lines });
}

/** The storage cannot be reached. @param url presigned: only its host may be printed */
export function storageFailure(url: string, cause: unknown): Failure {
  const { origin } = new URL(url);
  const [detail, remedy] = reasonOf(origin, codeOf(cause) ?? '', CHECK_STORAGE, CHECK_STORAGE);
  return new Failure(EXIT.unreachable, { code: 'unreachable', detail, remedy }, { cause });
}
