/** The deploy target `lambda` in memory: functions with versions, aliases and URLs that behave as Lambda's. */
import { isDeepStrictEqual } from 'node:util';
import { OWNER_TAG } from '../../lib/domain/owner-tag.ts';
import type { Blobs } from '../../lib/domain/ports/blobs.ts';
import {
  type TargetAdapter,
  TargetError,
  type TargetRelease,
  type Traffic,
} from '../../lib/domain/ports/targets.ts';
import type { LambdaTarget } from '../../lib/domain/target/lambda.ts';
import { answerOf, type Said } from './probe.ts';

type FunctionRelease = TargetRelease<LambdaTarget>;

/** Which version has how much of the traffic, and who has the rest. */
export interface Alias {
  readonly version: string;
  readonly percent: number;
  readonly previous?: string | undefined;
}

interface MemoryFunction {
  /** Hex sha256 of the code. */
  code: string;
  variables: Readonly<Record<string, string>>;
  projectId: string | undefined;
  /** How many looks until the last change is in force. */
  looks: number;
  readonly versions: { readonly number: string; readonly code: string; readonly variables: string }[];
  readonly aliases: Map<string, Alias>;
}

export interface MemoryFunctions extends TargetAdapter<LambdaTarget> {
  /** Errors that the calls throw, until they are taken away. */
  readonly failures: Partial<Record<keyof TargetAdapter, Error>>;
  /** How many looks a change takes until it is in force; 0 at first. */
  settling: number;
  /** What a version answers with that is asked without traffic. */
  answer: Said;
  /** The versions that were so asked, with the path. */
  readonly asked: readonly string[];
  /** What speaks against a version while it bakes, by its share of the traffic. */
  faults: (percent: number) => string | undefined;
  /** Each move of an alias, in order. */
  readonly moves: readonly Traffic[];
  /** A function that was made by others. */
  plant(functionName: string): void;
  find(functionName: string): Readonly<MemoryFunction> | undefined;
  /** The versions that no alias is on are deleted, by others. */
  forgetVersions(functionName: string): void;
  /** The code that the alias serves, or most of its traffic, as a digest. */
  served(functionName: string, alias: string): string | undefined;
}

const aliasOf = ({ environment }: FunctionRelease) => `staithe-${environment}`;
const candidateOf = (release: FunctionRelease) => `${aliasOf(release)}-candidate`;
const urlOf = ({ target }: FunctionRelease, alias: string) =>
  `https://${target.function_name.toLowerCase().replaceAll('_', '-')}-${alias}.functions.invalid/`;
/** The version that an alias is on in the first place. */
const mainOf = ({ version, percent, previous }: Alias) => (percent === 100 ? version : (previous ?? version));

export function memoryFunctions(blobs: Pick<Blobs, 'head'>): MemoryFunctions {
  const functions = new Map<string, MemoryFunction>();
  const failures: MemoryFunctions['failures'] = {};
  const asked: string[] = [];
  const moves: Traffic[] = [];
  const existing = ({ target: { function_name: name } }: FunctionRelease): MemoryFunction => {
    const found = functions.get(name);
    if (found === undefined) throw new Error(`ResourceNotFoundException: there is no function ${name}.`);
    return found;
  };
  const failing = (call: keyof TargetAdapter): void => {
    const failure = failures[call];
    if (failure !== undefined) throw failure;
  };
  const codeOf = async ({ artifact }: FunctionRelease): Promise<string> => {
    const blob = await blobs.head(artifact.key);
    if (blob?.sha256 === undefined)
      throw new TargetError(`Lambda rejected the request: there are no bytes at ${artifact.key}.`);
    return blob.sha256;
  };

  const self: MemoryFunctions = {
    failures,
    settling: 0,
    answer: { status: 200 },
    asked,
    faults: () => undefined,
    moves,
    async serving(release) {
      failing('serving');
      const alias = functions.get(release.target.function_name)?.aliases.get(aliasOf(release));
      return alias && mainOf(alias);
    },
    async has({ target, artifact, variables }, version) {
      failing('has');
      const found = functions
        .get(target.function_name)
        ?.versions.find((published) => published.number === version);
      return (
        found !== undefined &&
        `sha256:${found.code}` === artifact.digest &&
        found.variables === JSON.stringify(variables)
      );
    },
    async prepare(release) {
      failing('prepare');
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
    async isReady(release) {
      failing('isReady');
      const found = existing(release);
      if (found.looks === 0) return true;
      found.looks -= 1;
      return false;
    },
    async publish(release) {
      failing('publish');
      const { artifact, target } = release;
      const { code, versions, variables } = existing(release);
      if (!isDeepStrictEqual({ ...variables }, { ...release.variables }))
        throw new TargetError(
          `The variables of ${target.function_name} were changed by another client in the meantime. Deploy again.`,
        );
      if (`sha256:${code}` !== artifact.digest)
        throw new TargetError(
          `Lambda rejected the request: the code is sha256:${code}, not ${artifact.digest}.`,
        );
      const last = versions.at(-1);
      const given = JSON.stringify(variables);
      // Lambda makes no new version of what has not changed since the last one (docs: PublishVersion).
      if (last !== undefined && last.code === code && last.variables === given) return last.number;
      const number = String(Number(versions.at(-1)?.number ?? 0) + 1);
      versions.push({ number, code, variables: given });
      return number;
    },
    async ask(release, version, { path }) {
      failing('ask');
      existing(release);
      asked.push(`${version} ${path}`);
      return answerOf(self.answer);
    },
    async candidateUrl(release, version) {
      failing('candidateUrl');
      existing(release).aliases.set(candidateOf(release), { version, percent: 100 });
      return urlOf(release, candidateOf(release));
    },
    async dropCandidate(release) {
      failing('dropCandidate');
      functions.get(release.target.function_name)?.aliases.delete(candidateOf(release));
    },
    async shift(release, traffic) {
      failing('shift');
      const { aliases, versions } = existing(release);
      const { version, previous, percent } = traffic;
      for (const wanted of percent === 100 ? [version] : [version, previous])
        if (!versions.some(({ number }) => number === wanted))
          throw new Error(
            `ResourceNotFoundException: ${release.target.function_name} has no version ${wanted}.`,
          );
      moves.push(traffic);
      aliases.set(aliasOf(release), percent === 100 ? { version, percent } : { version, percent, previous });
      return { url: urlOf(release, aliasOf(release)) };
    },
    async fault(_release, { percent }) {
      failing('fault');
      return self.faults(percent);
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
      const { versions, aliases } = functions.get(functionName) ?? { versions: [], aliases: new Map() };
      const used = new Set([...aliases.values()].flatMap(({ version, previous }) => [version, previous]));
      versions.splice(0, versions.length, ...versions.filter(({ number }) => used.has(number)));
    },
    find: (functionName) => functions.get(functionName),
    served(functionName, alias) {
      const found = functions.get(functionName);
      const serving = found?.aliases.get(alias);
      const code = found?.versions.find(({ number }) => serving && number === mainOf(serving))?.code;
      return code && `sha256:${code}`;
    },
  };
  return self;
}
