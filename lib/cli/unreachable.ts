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

/** OpenSSL's and Node's names for certificates that are not accepted. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/;
const NO_TLS = /^ERR_SSL|^EPROTO$/;

/** Whether another try cannot help. */
export function isHopeless(error: unknown): boolean {
  const code = codeOf(error) ?? '';
  return CERTIFICATE.test(code) || NO_TLS.test(code) || code === 'ENOTFOUND';
}

function reasonOf(url: string, code: string, local: boolean): readonly [detail: string, remedy: string] {
  const elsewhere = 'Check the URL and the network; `--verbose` tells where the URL comes from.';
  const remedy = local ? 'staithe start' : elsewhere;
  const { hostname } = new URL(url);
  if (CERTIFICATE.test(code))
    return [
      `The certificate of ${url} is not accepted (${code}).`,
      'Check the host of the URL; of a private authority, name its certificate: NODE_EXTRA_CA_CERTS=<file.pem>.',
    ];
  if (NO_TLS.test(code)) return [`${url} does not speak TLS (${code}).`, 'Check scheme and port of the URL.'];
  if (code === 'ECONNREFUSED') return [`No answer from ${url}: nothing listens there (${code}).`, remedy];
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return [`No answer from ${url}: the host ${hostname} is not known here (${code}).`, elsewhere];
  if (code === 'TimeoutError') return [`No answer from ${url} within 45 s.`, remedy];
  return [`No answer from ${url}${code && `: the connection failed (${code})`}.`, remedy];
}

/** @param connection as it was found, when it was */
export function unreachableFailure(url: string, cause: unknown, connection: Connection | undefined): Failure {
  const [detail, remedy] = reasonOf(url, codeOf(cause) ?? '', connection?.local !== false);
  const lines = connection === undefined ? [] : [connection.origin];
  return new Failure(EXIT.unreachable, { code: 'unreachable', detail, remedy }, { cause, lines });
}
