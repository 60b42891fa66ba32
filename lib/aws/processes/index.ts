/** The deploy target `process`, on process groups of the embedded cloud. */
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { backoff } from '../../contract/retry.ts';
import { OWNER_TAG } from '../../domain/owner-tag.ts';
import { type TargetAdapter, TargetError } from '../../domain/ports/targets.ts';
import type { ProcessTarget } from '../../domain/target/process.ts';
import { hexOf } from '../../domain/values.ts';
import { setting } from '../settings.ts';
import { askVersion } from './ask.ts';
import { type ProcessCall, ProcessError, processClient } from './client.ts';
import { shownFailure } from './failure.ts';
import {
  assertUsable,
  Described,
  type Group,
  groupNamed,
  isOf,
  type ProcessRelease,
  settingsOf,
  type Version,
} from './group.ts';
import { faultOf } from './watch.ts';

/** A version that was stopped starts first: as long as a replica may take, and a bit. The step is repeated after that. */
const SHIFT_MS = 75_000;

const REFUSED = ['InvalidCodeException', 'ValidationException'];

export function embeddedProcesses(
  call: ProcessCall = processClient(),
  bucket: string = setting('STAITHE_BUCKET'),
): TargetAdapter<ProcessTarget> {
  const find = ({ target }: ProcessRelease) => groupNamed(call, target.name);
  const existing = async (release: ProcessRelease): Promise<Group> => {
    const group = await find(release);
    if (group === undefined)
      throw new TargetError(`There is no process group ${release.target.name} any more.`);
    return group;
  };
  const versionNamed = ({ Versions }: Group, version: string): Version | undefined =>
    Versions.find((each) => String(each.Version) === version);
  /** The newest, which is what was prepared unless another client has made one since. */
  const prepared = async (release: ProcessRelease): Promise<Version> => {
    const newest = (await existing(release)).Versions.at(-1);
    if (newest !== undefined && isOf(release, newest)) return newest;
    throw new TargetError(
      `The process group ${release.target.name} was changed by another client in the meantime. Deploy again.`,
    );
  };

  return {
    async serving(release) {
      const traffic = (await find(release))?.Traffic ?? [];
      const [most] = traffic.toSorted((one, other) => other.Percent - one.Percent);
      return most && String(most.Version);
    },
    async has(release, version) {
      const group = await find(release);
      const found = group && versionNamed(group, version);
      return found !== undefined && isOf(release, found);
    },
    async prepare(release) {
      const { name: GroupName, process_type: Type } = release.target;
      if ((await find(release)) === undefined) {
        const group = { GroupName, Type, Tags: { [OWNER_TAG]: release.projectId } };
        await call('CreateGroup', group, Described).catch(unlessExisting);
      }
      assertUsable(await existing(release), release);
      const { key: S3Key, digest } = release.artifact;
      const Code = { S3Bucket: bucket, S3Key, Sha256: hexOf(digest) };
      await asTargetError(call('CreateVersion', { GroupName, Code, ...settingsOf(release) }, z.unknown()));
    },
    async isReady(release) {
      const version = await prepared(release);
      if (version.State === 'failed') throw new TargetError(shownFailure(version, release));
      return version.State === 'ready';
    },
    async publish(release) {
      return String((await prepared(release)).Version);
    },
    ask: (release, version, question) => askVersion(call, release, version, question),
    async shift(release, { version, previous, percent }) {
      const Weights = [
        { Version: Number(version), Percent: percent },
        ...(percent === 100 ? [] : [{ Version: Number(previous), Percent: 100 - percent }]),
      ];
      await asTargetError(call('SetTraffic', { GroupName: release.target.name, Weights }, Described));
      const { Url: url } = await untilShifted(() => existing(release), release, version);
      return { url };
    },
    async drop(release, version) {
      const group = await find(release);
      const newest = group?.Versions.at(-1);
      const begun = newest && isOf(release, newest) ? String(newest.Version) : undefined;
      const dropped = version ?? begun;
      if (group === undefined || dropped === undefined) return;
      const candidate = { GroupName: release.target.name, Version: Number(dropped) };
      await call('DropCandidate', candidate, z.unknown());
    },
    async fault(release, watched) {
      const version = versionNamed(await existing(release), watched.version);
      return version && faultOf(version, watched, release.target.max_error_percent);
    },
  };
}

/** The service sends traffic to a version once it is ready, and serves the former ones until then. */
async function untilShifted(
  describe: () => Promise<Group>,
  release: ProcessRelease,
  version: string,
): Promise<Group> {
  const pauseAfter = backoff(50, 1_000);
  const began = performance.now();
  for (let attempt = 1; ; attempt++) {
    const group = await describe();
    if (group.Wanted === undefined) {
      if (group.Traffic.some(({ Version: serving }) => String(serving) === version)) return group;
      const failed = group.Versions.find((each) => String(each.Version) === version);
      throw new TargetError(
        failed === undefined ? `Version ${version} is gone.` : shownFailure(failed, release),
      );
    }
    if (performance.now() - began > SHIFT_MS)
      throw new Error(`Version ${version} of ${release.target.name} does not become ready.`);
    await delay(pauseAfter(attempt));
  }
}

/** What is refused because of the request is the deployer's to mend. */
async function asTargetError<T>(call: Promise<T>): Promise<T> {
  return call.catch((error: unknown) => {
    if (error instanceof ProcessError && REFUSED.includes(error.code)) throw new TargetError(error.message);
    throw error;
  });
}

function unlessExisting(error: unknown): void {
  if (error instanceof ProcessError && error.code === 'ConflictException') return;
  throw error;
}
