/** Groups as the API shows them. */
import type { Processes } from './context.ts';
import { logGroupOf } from './group-logs.ts';
import type { GroupRun } from './group-run.ts';
import type { VersionRecord, Weight } from './records.ts';

export const arnOf = ({ cloud }: Pick<Processes, 'cloud'>, name: string): string =>
  `arn:${cloud.partition}:processes:${cloud.region}:${cloud.accountId}:group/${name}`;

export function groupView(processes: Processes, run: GroupRun) {
  const { name, type, tags, created, traffic, wanted, candidate, versions } = run.record;
  return {
    GroupName: name,
    Arn: arnOf(processes, name),
    Type: type,
    Tags: tags,
    Created: created,
    ...(run.url !== undefined && { Url: run.url }),
    LogGroup: logGroupOf(name),
    ...(processes.isolation !== undefined && { Isolation: processes.isolation }),
    Traffic: traffic.map(weightView),
    ...(wanted && { Wanted: wanted.map(weightView) }),
    ...(candidate !== undefined && { Candidate: candidate }),
    Versions: versions.map((version) => versionView(version, run)),
  };
}

const weightView = ({ version, percent }: Weight) => ({ Version: version, Percent: percent });

export function versionView(version: VersionRecord, group: GroupRun) {
  const run = group.runOf(version.number);
  return {
    Version: version.number,
    Command: version.command,
    Sha256: version.sha256,
    Environment: version.environment,
    Replicas: version.replicas,
    ...(version.memoryMb !== undefined && { MemoryMb: version.memoryMb }),
    Created: version.created,
    State: run?.state ?? (version.failure === undefined ? 'stopped' : 'failed'),
    ...(version.failure !== undefined && { Failure: version.failure }),
    Running: (run?.replicas ?? []).map(({ number, state, since, restarts }) => ({
      Replica: number,
      State: state,
      Since: since,
      Restarts: restarts,
    })),
    Exits: (run?.exits ?? []).map(({ at, replica, reason }) => ({
      At: at,
      Replica: replica,
      Reason: reason,
    })),
    Answers: (run?.answers ?? []).map(({ minute, total, serverErrors }) => ({
      Minute: minute,
      Total: total,
      ServerErrors: serverErrors,
    })),
  };
}
