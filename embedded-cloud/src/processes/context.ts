/** What the parts of the service share. */
import type { LogShipper } from '../lambda/logs.ts';
import type { Cloud, Principal } from '../service.ts';
import type { CodeFolders } from './code/index.ts';
import type { Settings } from './settings.ts';
import type { GroupStore } from './store.ts';

export interface Processes {
  readonly cloud: Cloud;
  readonly store: GroupStore;
  readonly code: CodeFolders;
  readonly logs: LogShipper;
  readonly settings: Settings;
  /** Writes the logs: replicas have no role. */
  readonly operator: Principal;
  /** How replicas are kept apart. Known once `detect` has found out, before the first of them starts. */
  readonly isolation: 'bubblewrap' | 'plain' | undefined;
  detect(): Promise<void>;
  /** Has a folder for each replica that runs. */
  readonly replicasFolder: string;
}
