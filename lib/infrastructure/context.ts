/** What an operator may decide by CDK context (`--context key=value`), and nothing else: a mistyped key would do nothing. */
import type { Node } from 'constructs';

/** By key: what it is about. */
export const CONTEXT = {
  stackName: 'the name of the installation',
  compute: 'the machines that builds may ask for',
  siteDomains: 'the domains of sites, separated by commas',
  siteCertificate: 'the certificate for siteDomains',
  buildReuse: "'off' builds also what was built before",
} as const;
type ContextKey = keyof typeof CONTEXT;

/** Undefined when it is not given. */
export const contextValue = (node: Node, key: ContextKey): unknown => node.tryGetContext(key);

/** CDK's own keys: `aws:cdk:…`, `@aws-cdk/…`, results of look-ups (`availability-zones:account=…`). */
const isOfCdk = (key: string): boolean => /[:/@]/.test(key);

/** @throws Error for keys that have no effect */
export function refuseUnknownContext(node: Node): void {
  const specified: unknown = node.getAllContext();
  const unknown = Object.keys(Object(specified)).filter(
    (key) => !Object.hasOwn(CONTEXT, key) && !isOfCdk(key),
  );
  if (unknown.length === 0) return;
  const known = Object.entries(CONTEXT).map(([key, what]) => `${key} (${what})`);
  throw new Error(`The context key '${unknown.join("', '")}' is not known. Known are ${known.join(', ')}.`);
}
