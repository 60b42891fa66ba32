/** Certificates that the machine's environment names, beside the system's: those of a proxy that looks into TLS, say. */
import { realPath, statusOf } from './for-everybody.ts';

/** By which programs are told of them. */
const VARIABLES = [
  ...['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'CURL_CA_BUNDLE', 'REQUESTS_CA_BUNDLE', 'PIP_CERT'],
  'CARGO_HTTP_CAINFO',
];

/**
 * Those that name a file which everybody may read. They name it by its path without links, as a build need not see the
 * folder of a link.
 */
export function certificateVariables(environment: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const named = VARIABLES.flatMap((name) => {
    const path = environment[name] ?? '';
    const real = path.startsWith('/') ? realPath(path) : undefined;
    const found = real === undefined ? undefined : statusOf(real);
    return real !== undefined && found?.isFile() && (found.mode & 0o004) !== 0 ? [[name, real] as const] : [];
  });
  return Object.fromEntries(named);
}
