/**
 * Process groups: programs that run for long and are served at a port that stays. AWS has no such service; the API is this
 * cloud's own, with its signatures, its IAM (`processes:`) and its log groups.
 *
 * - `group-run.ts`: which versions of a group run, and which get traffic; `version-run.ts`, `replica.ts`, `launch.ts`: what runs
 * - `proxy.ts`, `balance.ts`: the port, and who gets the next request
 * - `code/`: archives from S3; `actions.ts`, `requests.ts`, `view.ts`: the API
 */
import { join } from 'node:path';
import { detectSandboxes } from '../codebuild/isolation.ts';
import { removeRemains } from '../codebuild/remains.ts';
import { LogShipper } from '../lambda/logs.ts';
import type { Cloud, Service } from '../service.ts';
import { processActions } from './actions.ts';
import { CodeFolders } from './code/index.ts';
import type { Processes } from './context.ts';
import { GroupRun } from './group-run.ts';
import { SETTINGS, type Settings } from './settings.ts';
import { GroupStore } from './store.ts';

/** @param settings those that differ from the usual ones */
export function processes(cloud: Cloud, settings: Partial<Settings> = {}): Service {
  const folder = cloud.stateDir('processes');
  const store = new GroupStore(folder);
  const code = new CodeFolders(cloud);
  const logs = new LogShipper(cloud, 'processes');
  const groups = new Map<string, GroupRun>();
  const replicasFolder = join(folder, 'replicas');
  let isolation = settings.isolation;
  const context: Processes = {
    ...{ cloud, store, code, logs, replicasFolder },
    settings: { ...SETTINGS, ...settings },
    operator: { kind: 'operator', arn: `arn:${cloud.partition}:iam::${cloud.accountId}:root` },
    get isolation() {
      return isolation;
    },
    async detect() {
      isolation ??= (await detectSandboxes()).builds.kind;
    },
  };

  return {
    name: 'processes',
    actions: processActions(context, groups),
    async start() {
      // A cloud that was killed leaves processes without a sandbox behind.
      const used = new Set(store.all().flatMap(({ versions }) => versions.map(({ sha256 }) => sha256)));
      await Promise.all([removeRemains(replicasFolder), code.keepOnly(used)]).catch((error: unknown) => {
        cloud.log(
          'processes',
          `what earlier replicas and versions have left was not removed: ${String(error)}`,
        );
      });
      const all = store.all();
      if (all.length > 0) await context.detect();
      for (const { name } of all) {
        const group = new GroupRun(context, name);
        groups.set(name, group);
        await group.open();
      }
    },
    notIsolated: () =>
      isolation === 'plain'
        ? [
            'Processes are not isolated: they run as processes of yours, with your files. Deploy only what you trust, or install bubblewrap (Debian, Ubuntu: apt install bubblewrap).',
          ]
        : [],
    async stop() {
      await Promise.all([...groups.values()].map((group) => group.close(context.settings.stopMs)));
      await logs.flush();
      store.close();
    },
  };
}
