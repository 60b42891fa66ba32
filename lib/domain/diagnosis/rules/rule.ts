/** What a rule is: one line that a tool prints when it fails in one way, and what that means. */
import type { FailureCode } from '../../run/schema.ts';

export interface Rule {
  /** Of one line, anchored at its beginning and, where the tool lets us, at its end: never a word somewhere in it. */
  readonly line: RegExp;
  readonly code: FailureCode;
  /** What to do next. Groups of the line may be named in it. */
  readonly hint: string | ((found: RegExpExecArray) => string);
  /** Lines that a person would quote, where that of the rule only begins or ends them. */
  readonly quoted?: RegExp;
}

/** One speaker. Its rules stand in the order of their weight: what it says of a cause goes before what follows of it. */
export interface Tool {
  readonly name: string;
  readonly rules: readonly Rule[];
}

/** A rule in one line. */
export const on = (line: RegExp, code: FailureCode, hint: Rule['hint']): Rule => ({ line, code, hint });

export const quoting = (quoted: RegExp, ...rules: readonly Rule[]): Rule[] =>
  rules.map((rule) => ({ ...rule, quoted }));

/** A group of a match, or other words when the line does not have it. */
export const part = (found: RegExpExecArray, group: number, otherwise: string): string =>
  found[group] ?? otherwise;

/** How a build gets a credential. */
export const secretHint = (what: string, name: string, use: string): string =>
  `${what} Keep the credential with \`staithe secret set ${name}\`, name ${name} among the service's \`secrets\` in staithe.yaml, and ${use}.`;

export const REGISTRY_HINT =
  'The registry did not answer as it should. Run the build again; if it keeps happening, check the address and whether builds may reach it.';

/** @param more what else this tool reads */
export const tlsHint = (more = ''): string =>
  `Something on the way shows a certificate of its own: a proxy that looks into TLS, or a server with a private authority. Put the authority's certificate (PEM) into the source and name it in the service's \`env\`: \`NODE_EXTRA_CA_CERTS\` for Node and npm, \`SSL_CERT_FILE\` for curl, Go, Cargo and OpenSSL, \`PIP_CERT\` for pip.${more} Builds on a machine of yours get these variables from the shell that starts Staithe.`;

export const DISK_HINT =
  'The disk of the build is full. Let it write less (caches, intermediate files), leave large files out of the source, or take a larger machine: `resources.compute: large` in staithe.yaml.';

export const MEMORY_HINT =
  'Let it use less memory (fewer parallel workers, a lower heap limit), or take a larger machine: `resources.compute: large` in staithe.yaml.';
