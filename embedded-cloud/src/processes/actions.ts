/** The actions of the API. */
import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { type Action, AwsError, type Call } from '../service.ts';
import { ask } from './ask.ts';
import type { Processes } from './context.ts';
import { GroupRun } from './group-run.ts';
import { type GroupRecord, runningVersions, type VersionRecord, versionsOf } from './records.ts';
import * as requests from './requests.ts';
import { arnOf, groupView, versionView } from './view.ts';

/** Versions that are kept of a group, beside those that run. */
const KEPT_VERSIONS = 20;

export function processActions(processes: Processes, groups: Map<string, GroupRun>): Record<string, Action> {
  const { store, code, cloud, settings } = processes;
  const authorize = (call: Call, action: string, name: string): void => {
    const tags = Object.entries(store.find(name)?.tags ?? {});
    call.authorize(`processes:${action}`, arnOf(processes, name), {
      values: Object.fromEntries(tags.map(([key, value]) => [`aws:ResourceTag/${key}`, value])),
    });
  };
  const open = (call: Call, action: string, name: string): GroupRun => {
    authorize(call, action, name);
    const group = groups.get(name);
    if (group === undefined) throw notFound(`There is no process group ${name}.`);
    return group;
  };
  const versionOf = (group: GroupRun, number: number): VersionRecord => {
    const version = group.record.versions.find((each) => each.number === number);
    if (version === undefined)
      throw notFound(`The process group ${group.record.name} has no version ${number}.`);
    return version;
  };

  return {
    async CreateGroup(input, call) {
      const { GroupName: name, Type: type, Tags: tags } = requests.parsed(requests.CreateGroup, input);
      authorizeTags(call, arnOf(processes, name), tags);
      if (store.find(name) !== undefined) throw conflict(`There is a process group ${name} already.`);
      store.save({ name, type, tags, created: cloud.now(), versions: [], next: 1, traffic: [] });
      const group = new GroupRun(processes, name);
      groups.set(name, group);
      await group.open();
      return { Group: groupView(processes, group) };
    },
    DescribeGroup(input, call) {
      const { GroupName } = requests.parsed(requests.NamedGroup, input);
      return { Group: groupView(processes, open(call, 'DescribeGroup', GroupName)) };
    },
    ListGroups(input, call) {
      requests.parsed(requests.Nothing, input);
      call.authorize('processes:ListGroups', '*');
      return { GroupNames: store.all().map(({ name }) => name) };
    },
    async DeleteGroup(input, call) {
      const { GroupName } = requests.parsed(requests.NamedGroup, input);
      const group = open(call, 'DeleteGroup', GroupName);
      groups.delete(GroupName);
      await group.close(settings.graceMs);
      const { versions } = group.record;
      store.delete(GroupName);
      await removeUnused(processes, versions);
      return {};
    },
    async CreateVersion(input, call) {
      const request = requests.parsed(requests.CreateVersion, input);
      const group = open(call, 'CreateVersion', request.GroupName);
      await processes.detect();
      // Once more when the last version with the same code has gone meanwhile.
      do await code.fetch(request.Code, call);
      while (!code.has(request.Code.Sha256));
      const number = addVersion(processes, group, request);
      group.reconcile();
      return { Version: versionView(versionOf(group, number), group) };
    },
    SetTraffic(input, call) {
      const { GroupName, Weights } = requests.parsed(requests.SetTraffic, input);
      const group = open(call, 'SetTraffic', GroupName);
      const wanted = Weights.map(({ Version, Percent }) => ({ version: Version, percent: Percent }));
      if (group.record.type === 'worker' && wanted.length > 1)
        throw new AwsError(
          'ValidationException',
          'Weights: a worker has no traffic to be divided; name one version',
        );
      for (const { version } of wanted) versionOf(group, version);
      store.save({ ...withoutFailures(group.record, versionsOf(wanted)), wanted });
      group.reconcile();
      return { Group: groupView(processes, group) };
    },
    /** Also when it has been dropped already. One that has traffic, or shall have it, stays. */
    DropCandidate(input, call) {
      const { GroupName, Version } = requests.parsed(requests.DropCandidate, input);
      const group = open(call, 'DropCandidate', GroupName);
      const { candidate, ...record } = group.record;
      if (candidate === Version) {
        store.save(record);
        group.reconcile();
      }
      return { Group: groupView(processes, group) };
    },
    async AskVersion(input, call) {
      const { GroupName, Version, ...question } = requests.parsed(requests.AskVersion, input);
      const group = open(call, 'AskVersion', GroupName);
      versionOf(group, Version);
      if (group.runOf(Version) === undefined) {
        store.save({ ...withoutFailures(group.record, [Version]), candidate: Version });
        group.reconcile();
      }
      await group.whenStarted(Version);
      return await ask(group.runOf(Version), versionOf(group, Version).failure, question);
    },
  };
}

function authorizeTags(call: Call, arn: string, tags: Readonly<Record<string, string>>): void {
  const named = Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value]);
  call.authorize('processes:CreateGroup', arn, {
    values: { ...Object.fromEntries(named), 'aws:TagKeys': Object.keys(tags) },
  });
}

/** What is asked for anew is tried anew. */
function withoutFailures(record: GroupRecord, again: readonly number[]): GroupRecord {
  const versions = record.versions.map(({ failure, ...version }) =>
    failure === undefined || again.includes(version.number) ? version : { ...version, failure },
  );
  return { ...record, versions };
}

/** @returns the number of a new version, or of the newest one if that is the same and has not failed */
function addVersion(
  processes: Processes,
  group: GroupRun,
  { Command, Code, Environment, Replicas, MemoryMb }: z.infer<typeof requests.CreateVersion>,
): number {
  const { store, cloud } = processes;
  const { record } = group;
  const asked = {
    command: Command,
    sha256: Code.Sha256,
    environment: Environment,
    replicas: Replicas,
    ...(MemoryMb !== undefined && { memoryMb: MemoryMb }),
  };
  const last = record.versions.at(-1);
  const same = last !== undefined && { ...asked, number: last.number, created: last.created };
  const isRunning = last !== undefined && runningVersions(record).has(last.number);
  if (isRunning && isDeepStrictEqual(last, same)) return last.number;
  const number = record.next;
  const versions = [...record.versions, { ...asked, number, created: cloud.now() }];
  const kept = new Set([
    ...runningVersions(record),
    ...versions.slice(-KEPT_VERSIONS).map((each) => each.number),
  ]);
  store.save({
    ...record,
    next: number + 1,
    candidate: number,
    versions: versions.filter((each) => kept.has(each.number)),
  });
  const gone = versions.filter((each) => !kept.has(each.number));
  void group.whenStopped().then(() => removeUnused(processes, gone));
  return number;
}

/** Removes the code of versions that are gone, unless others have it too. */
async function removeUnused(
  { store, code, cloud }: Processes,
  gone: readonly VersionRecord[],
): Promise<void> {
  for (const { sha256 } of gone) {
    if (store.all().some(({ versions }) => versions.some((each) => each.sha256 === sha256))) continue;
    await code.remove(sha256).catch((error: unknown) => {
      cloud.log('processes', `code that no version has any more could not be removed: ${String(error)}`);
    });
  }
}

const notFound = (message: string): AwsError => new AwsError('ResourceNotFoundException', message, 404);
const conflict = (message: string): AwsError => new AwsError('ConflictException', message, 409);
