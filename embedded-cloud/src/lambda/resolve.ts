/** From a qualifier to the version that it means. */
import { functionArn, type Lambda } from './context.ts';
import type { FunctionRecord, Version } from './records.ts';
import { functionNotFound } from './store.ts';

/** @throws ResourceNotFoundException when there is neither such a version nor such an alias */
export function resolveVersion(lambda: Lambda, record: FunctionRecord, qualifier: string): Version {
  const alias = record.aliases[qualifier];
  return versionOf(lambda, record, alias ? alias.version : qualifier, qualifier);
}

/** Like resolveVersion, but an alias with routing weights sends its shares of the invocations to other versions. */
export function chooseVersion(lambda: Lambda, record: FunctionRecord, qualifier: string): Version {
  const alias = record.aliases[qualifier];
  if (!alias) return resolveVersion(lambda, record, qualifier);
  let draw = Math.random();
  for (const [version, weight] of Object.entries(alias.weights)) {
    draw -= weight;
    if (draw < 0) return versionOf(lambda, record, version, qualifier);
  }
  return versionOf(lambda, record, alias.version, qualifier);
}

/** @throws ResourceNotFoundException when the function has no such version; `qualifier` is what the caller named */
export function versionOf(
  lambda: Lambda,
  record: FunctionRecord,
  version: string,
  qualifier: string,
): Version {
  if (version === '' || version === '$LATEST') return record.latest;
  const found = record.versions.find((one) => one.version === version);
  if (!found) throw functionNotFound(functionArn(lambda, { name: record.name, qualifier }));
  return found;
}
