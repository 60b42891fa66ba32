/** The deploy target in memory: functions with versions, aliases and URLs that behave as Lambda's. */
import { isDeepStrictEqual } from 'node:util';
import { OWNER_TAG } from '../../lib/domain/owner-tag.ts';
import type { Blobs } from '../../lib/domain/ports/blobs.ts';
import { type FunctionRelease, type Functions, TargetError } from '../../lib/domain/ports/functions.ts';

interface MemoryFunction {
  /** Hex sha256 of the code. */
  code: string;
  variables: Readonly<Record<string, string>>;
  projectId: string | undefined;
  /** How many looks until the last change is in force. */
  looks: number;
  readonly versions: { readonly number: string; readonly code: string; readonly variables: string }[];
  readonly aliases: Map<string, string>;
}

export interface MemoryFunctions extends Functions {
  /** Errors that the calls throw, until they are taken away. */
  readonly failures: Partial<Record<keyof Functions, Error>>;
  /** How many looks a change takes until it is in force; 0 at first. */
  settling: number;
  /** A function that somebody else made. */
  plant(functionName: string): void;
  find(functionName: string): Readonly<MemoryFunction> | undefined;
  /** Somebody deletes the versions that no alias is on. */
  forgetVersions(functionName: string): void;
  /** The code that the alias serves, as a digest. */
  served(functionName: string, alias: string): string | undefined;
}

export function memoryFunctions(blobs: Pick<Blobs, 'head'>): MemoryFunctions {
  const functions = new Map<string, MemoryFunction>();
  const failures: MemoryFunctions['failures'] = {};
  const existing = (name: string): MemoryFunction => {
    const found = functions.get(name);
    if (found === undefined) throw new Error(`ResourceNotFoundException: there is no function ${name}.`);
    return found;
  };
  const failing = (call: keyof Functions): void => {
    const failure = failures[call];
    if (failure !== undefined) throw failure;
  };
  const codeOf = async (release: FunctionRelease): Promise<string> => {
    const blob = await blobs.head(release.blobKey);
    if (blob?.sha256 === undefined)
      throw new TargetError(`Lambda rejected the request: there are no bytes at ${release.blobKey}.`);
    return blob.sha256;
  };

  const self: MemoryFunctions = {
    failures,
    settling: 0,
    async hasVersion({ target, digest, variables }, version) {
      failing('hasVersion');
      const found = functions
        .get(target.function_name)
        ?.versions.find((published) => published.number === version);
      return (
        found !== undefined &&
        `sha256:${found.code}` === digest &&
        found.variables === JSON.stringify(variables)
      );
    },
    async apply(release) {
      failing('apply');
      const { target, variables, projectId } = release;
      const code = await codeOf(release);
      const found = functions.get(target.function_name);
      if (found !== undefined && found.projectId !== projectId)
        throw new TargetError(
          `The function ${target.function_name} ${found.projectId === undefined ? 'was not created by Staithe' : 'belongs to another project'}. To let this project deploy to it, tag it ${OWNER_TAG}=${projectId}.`,
        );
      functions.set(target.function_name, {
        versions: found?.versions ?? [],
        aliases: found?.aliases ?? new Map(),
        projectId,
        code,
        variables: { ...variables },
        looks: self.settling,
      });
    },
    async isReady(functionName) {
      failing('isReady');
      const found = existing(functionName);
      if (found.looks === 0) return true;
      found.looks -= 1;
      return false;
    },
    async aliasVersion(functionName, alias) {
      failing('aliasVersion');
      return functions.get(functionName)?.aliases.get(alias);
    },
    async publish(release) {
      failing('publish');
      const { function_name: functionName } = release.target;
      const { code, versions, variables } = existing(functionName);
      if (!isDeepStrictEqual({ ...variables }, { ...release.variables }))
        throw new TargetError(
          `The variables of ${functionName} were changed by another client in the meantime. Deploy again.`,
        );
      if (`sha256:${code}` !== release.digest)
        throw new TargetError(
          `Lambda rejected the request: the code is sha256:${code}, not ${release.digest}.`,
        );
      const last = versions.at(-1);
      const given = JSON.stringify(variables);
      // Lambda makes no new version of what has not changed since the last one (docs: PublishVersion).
      if (last !== undefined && last.code === code && last.variables === given) return last.number;
      const number = String(Number(versions.at(-1)?.number ?? 0) + 1);
      versions.push({ number, code, variables: given });
      return number;
    },
    async moveAlias(functionName, alias, version) {
      failing('moveAlias');
      const { aliases, versions } = existing(functionName);
      if (!versions.some(({ number }) => number === version))
        throw new Error(`ResourceNotFoundException: ${functionName} has no version ${version}.`);
      aliases.set(alias, version);
      return `https://${functionName.toLowerCase().replaceAll('_', '-')}-${alias}.functions.invalid/`;
    },
    plant(functionName) {
      functions.set(functionName, {
        code: '0'.repeat(64),
        variables: {},
        projectId: undefined,
        looks: 0,
        versions: [],
        aliases: new Map(),
      });
    },
    forgetVersions(functionName) {
      const { versions, aliases } = existing(functionName);
      const kept = versions.filter(({ number }) => [...aliases.values()].includes(number));
      versions.splice(0, versions.length, ...kept);
    },
    find: (functionName) => functions.get(functionName),
    served(functionName, alias) {
      const found = functions.get(functionName);
      const version = found?.aliases.get(alias);
      const code = found?.versions.find(({ number }) => number === version)?.code;
      return code && `sha256:${code}`;
    },
  };
  return self;
}
