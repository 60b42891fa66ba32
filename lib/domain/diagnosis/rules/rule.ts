/** What a rule is: one line that a tool prints when it fails in one way, and what that means. */
import type { FailureCode } from '../../execution/model/run.ts';

export interface Rule {
  /** Of one line, anchored at its beginning and, where the tool lets us, at its end: never a word somewhere in it. */
  readonly line: RegExp;
  readonly code: FailureCode;
  /** What to do next. Groups of the line may be named in it. */
  readonly hint: string | ((found: RegExpExecArray) => string);
  /** Lines that a person would quote, where that of the rule only begins or ends them: the best kind first. */
  readonly quoted?: readonly RegExp[];
}

/** One speaker. Its rules stand in the order of their weight: what it says of a cause goes before what follows of it. */
export interface Tool {
  readonly name: string;
  readonly rules: readonly Rule[];
}

/** A rule in one line. */
export const on = (line: RegExp, code: FailureCode, hint: Rule['hint']): Rule => ({ line, code, hint });

export const quoting = (quoted: RegExp | readonly RegExp[], ...rules: readonly Rule[]): Rule[] =>
  rules.map((rule) => ({ ...rule, quoted: quoted instanceof RegExp ? [quoted] : quoted }));

/** A group of a match, or other words when the line does not have it. */
export const part = (found: RegExpExecArray, group: number, otherwise: string): string =>
  found[group] ?? otherwise;

/** How a build gets a credential. */
export const secretHint = (what: string, name: string, use: string): string =>
  `${what} Set the credential with \`staithe secret set ${name}\`, add ${name} to the service's \`secrets\` in staithe.yaml, and ${use}.`;

export const REGISTRY_HINT =
  'The registry did not answer correctly. Rerun the build; if it keeps happening, check the address and whether builds can reach it.';

/**
 * What each tool is told a certificate by. Sources: the manuals of Node (CLI), pip, requests, curl and Cargo; Go's
 * crypto/x509; git-config and wget(1); rebar3's "Configuration"; Java's keytool.
 */
const CERTIFICATES = {
  node: '`NODE_EXTRA_CA_CERTS` for Node, npm, pnpm and Yarn',
  pip: '`PIP_CERT` for pip',
  requests: '`REQUESTS_CA_BUNDLE` for Poetry and the Python library requests',
  openssl: '`SSL_CERT_FILE` for Go, uv, Python and other programs that use OpenSSL',
  curl: '`CURL_CA_BUNDLE` for curl',
  cargo: '`CARGO_HTTP_CAINFO` for Cargo',
} as const;
const BY_COMMANDS = {
  git: 'For git, run `git config --global http.sslCAInfo <file>` in an earlier command.',
  wget: 'For wget, use `--ca-certificate=<file>`.',
  java: 'For Java, import the certificate with `keytool -importcert` into a copy of `cacerts`, and specify the copy with `-Djavax.net.ssl.trustStore=<copy>` in `MAVEN_OPTS`, `GRADLE_OPTS` or `JAVA_TOOL_OPTIONS`.',
  rebar3:
    'For rebar3, write `{ssl_cacerts_path, ["<file>"]}.` in an earlier command to ~/.config/rebar3/rebar.config.',
} as const;

/** What helps against a proxy that looks into TLS: for the tool that has failed first, as others of the build will follow. */
export function tlsHint(tool: keyof typeof CERTIFICATES | keyof typeof BY_COMMANDS): string {
  const { [tool as 'node']: ofTool, ...others } = CERTIFICATES;
  const variables = [ofTool, ...Object.values(others)].filter((text) => text !== undefined).join(', ');
  const named =
    tool in BY_COMMANDS
      ? `${BY_COMMANDS[tool as 'git']} For other tools of the build, set these in the service's \`env\``
      : "Specify its path in the service's `env`";
  return `The connection uses a certificate that the build machine does not trust: a proxy inspects TLS, or the server has a private certificate authority. Add the authority's certificate (PEM) to the source. ${named}: ${variables}. Builds on your machine get these variables from the shell that starts Staithe.`;
}

export const DISK_HINT =
  'The disk of the build is full. Write less (caches, intermediate files), exclude large files from the source, or use a larger machine: `resources.compute: large` in staithe.yaml.';

export const MEMORY_HINT =
  'Use less memory (fewer parallel workers, a lower heap limit), or use a larger machine: `resources.compute: large` in staithe.yaml.';
