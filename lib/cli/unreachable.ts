/** Why nobody answered at a URL, and what to do about it. */
import type { Connection } from './connection/find.ts';
import { EXIT } from './exit-codes.ts';
import { Failure } from './failure.ts';

/** The code of an error or of what caused it: `fetch failed` says nothing, its cause does. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error.cause;
  return codeOf(inner) ?? (error.name === 'TimeoutError' ? error.name : undefined);
}

/** OpenSSL's names (X509_V_ERR_…) and Node's for certificates that are not accepted. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME|^HOSTNAME_MISMATCH$/;
const NO_TLS = /^ERR_SSL|^EPROTO$/;

/** Whether another try cannot help. */
export function isHopeless(error: unknown): boolean {
  const code = codeOf(error) ?? '';
  return CERTIFICATE.test(code) || NO_TLS.test(code) || code === 'ENOTFOUND';
}

/** What is wrong with a certificate, and what helps. */
function certificateReason(url: string, code: string): readonly [detail: string, remedy: string] {
  const said = (why: string) => `The certificate of ${url} is not accepted: ${why} (${code}).`;
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return [
        said('it has expired'),
        'Renew the certificate of the server, or set the clock of this machine right (`date -u`).',
      ];
    case 'CERT_NOT_YET_VALID':
      return [said('it is not valid yet'), 'Set the clock of this machine right (`date -u`).'];
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
    case 'HOSTNAME_MISMATCH':
      return [
        said(`it is not for the host ${new URL(url).hostname}`),
        'Use a host name that the certificate has, or give the server a certificate for this one.',
      ];
    case 'CERT_REVOKED':
      return [said('it was revoked'), 'Give the server a new certificate.'];
    default:
      return [
        said(
          code === 'DEPTH_ZERO_SELF_SIGNED_CERT'
            ? 'it is self-signed'
            : 'this machine does not know its issuer',
        ),
        'Behind a proxy that inspects TLS, or with a private authority, name its certificate: NODE_EXTRA_CA_CERTS=<file.pem>.',
      ];
  }
}

/** @param unknownHost what to do where the host has no address @param remedy what to do where it does not answer */
function reasonOf(
  url: string,
  code: string,
  unknownHost: string,
  remedy: string,
): readonly [detail: string, remedy: string] {
  const { hostname } = new URL(url);
  if (CERTIFICATE.test(code)) return certificateReason(url, code);
  if (NO_TLS.test(code)) return [`${url} does not speak TLS (${code}).`, 'Check scheme and port of the URL.'];
  if (code === 'ECONNREFUSED') return [`No answer from ${url}: nothing listens there (${code}).`, remedy];
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return [`No answer from ${url}: the host ${hostname} is not known here (${code}).`, unknownHost];
  if (code === 'TimeoutError') return [`No answer from ${url} within 45 s.`, remedy];
  return [`No answer from ${url}${code && `: the connection failed (${code})`}.`, remedy];
}

const CHECK_URL = 'Check the URL and the network; `--verbose` tells where the URL comes from.';
const CHECK_STORAGE =
  'The server has named this host of its storage: check that this machine reaches it (network, DNS, proxy), then run the command again.';

/** @param connection as it was found, when it was */
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
      : `Use the server that runs on this machine: --url ${running}${connection?.namedBy === 'STAITHE_URL' ? ' (or unset STAITHE_URL)' : ''}.`;
  const lines = connection === undefined ? [] : [connection.origin];
  return new Failure(EXIT.unreachable, { code: 'unreachable', detail, remedy }, { cause, lines });
}

/** A host of storage, which is none of the API's. @param url presigned, so all behind its host is kept secret */
export function storageFailure(url: string, cause: unknown): Failure {
  const { origin } = new URL(url);
  const [detail, remedy] = reasonOf(origin, codeOf(cause) ?? '', CHECK_STORAGE, CHECK_STORAGE);
  return new Failure(EXIT.unreachable, { code: 'unreachable', detail, remedy }, { cause });
}
