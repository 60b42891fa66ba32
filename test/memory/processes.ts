/** The deploy target `process` in memory: groups with versions and weights that behave as those of the embedded cloud. */
import { isDeepStrictEqual } from 'node:util';
import type { Blobs } from '../../lib/domain/ports/blobs.ts';
import { type TargetAdapter, TargetError, type TargetRelease } from '../../lib/domain/ports/targets.ts';
import type { ProcessTarget } from '../../lib/domain/target/process.ts';
import { answerOf, type Said } from './probe.ts';

type ProcessRelease = TargetRelease<ProcessTarget>;

interface MemoryVersion {
  readonly number: string;
  readonly digest: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly target: ProcessTarget;
}

interface MemoryGroup {
  readonly projectId: string;
  readonly versions: MemoryVersion[];
  /** The newest version, until it has traffic or is dropped. */
  candidate: string | undefined;
  /** Shares by version. */
  traffic: Readonly<Record<string, number>>;
}

export interface MemoryProcesses extends TargetAdapter<ProcessTarget> {
  /** What a version answers with that is asked. */
  answer: Said;
  /** Why new versions do not start, until it is taken away. */
  failure: string | undefined;
  /** The versions that run: those with traffic, and the candidate. */
  running(name: string): string[];
}

const isOf = ({ artifact, variables, target }: ProcessRelease, version: MemoryVersion): boolean =>
  version.digest === artifact.digest &&
  isDeepStrictEqual([version.variables, version.target], [variables, target]);

export function memoryProcesses(blobs: Pick<Blobs, 'head'>): MemoryProcesses {
  const groups = new Map<string, MemoryGroup>();
  const existing = ({ target }: ProcessRelease): MemoryGroup => {
    const found = groups.get(target.name);
    if (found === undefined) throw new TargetError(`There is no process group ${target.name} any more.`);
    return found;
  };
  const newest = (release: ProcessRelease): MemoryVersion => {
    const last = existing(release).versions.at(-1);
    if (last !== undefined && isOf(release, last)) return last;
    throw new TargetError(
      `The process group ${release.target.name} was changed by another client in the meantime. Deploy again.`,
    );
  };

  const self: MemoryProcesses = {
    answer: { status: 200 },
    failure: undefined,
    async serving({ target }) {
      const shares = Object.entries(groups.get(target.name)?.traffic ?? {});
      return shares.toSorted(([, one], [, other]) => other - one)[0]?.[0];
    },
    async has(release, version) {
      const found = groups.get(release.target.name)?.versions.find(({ number }) => number === version);
      return found !== undefined && isOf(release, found);
    },
    async prepare(release) {
      const { target, artifact, variables, projectId } = release;
      if ((await blobs.head(artifact.key)) === undefined)
        throw new TargetError(`The code ${artifact.key} cannot be read.`);
      const group = groups.get(target.name) ?? { projectId, versions: [], candidate: undefined, traffic: {} };
      if (group.projectId !== projectId)
        throw new TargetError(
          `The process group ${target.name} belongs to another project. Choose another name.`,
        );
      groups.set(target.name, group);
      const last = group.versions.at(-1);
      if (last !== undefined && isOf(release, last) && self.running(target.name).includes(last.number))
        return;
      const number = String(group.versions.length + 1);
      group.candidate = number;
      group.versions.push({ number, digest: artifact.digest, variables, target });
    },
    async isReady(release) {
      newest(release);
      if (self.failure !== undefined) throw new TargetError(self.failure);
      return true;
    },
    async publish(release) {
      return newest(release).number;
    },
    async ask({ target }) {
      return target.process_type === 'worker' ? undefined : answerOf(self.answer);
    },
    async drop({ target }, version) {
      const group = groups.get(target.name);
      if (group !== undefined && (version ?? group.candidate) === group.candidate)
        group.candidate = undefined;
    },
    running(name) {
      const { candidate, traffic = {} } = groups.get(name) ?? {};
      return [...Object.keys(traffic), ...(candidate === undefined ? [] : [candidate])];
    },
    async shift(release, { version, previous, percent }) {
      const group = existing(release);
      if (group.candidate === version) group.candidate = undefined;
      group.traffic = { [version]: percent, ...(percent < 100 && { [previous ?? '']: 100 - percent }) };
      const { name, process_type: type } = release.target;
      return { url: type === 'web' ? `https://${name.toLowerCase()}.processes.invalid/` : undefined };
    },
  };
  return self;
}
