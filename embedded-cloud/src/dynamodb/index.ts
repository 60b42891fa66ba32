/**
 * The embedded DynamoDB and DynamoDB Streams: a real database engine behind a front that knows the caller, checks the
 * role's policies item by item, and speaks of the account's ARNs.
 */
import type { Cloud, Service } from '../service.ts';
import { Backend } from './backend.ts';
import type { CapacityListener } from './capacity.ts';
import { Catalog } from './catalog.ts';
import { itemActions } from './item-actions.ts';
import type { EngineKind } from './programs.ts';
import { streamActions } from './stream-actions.ts';
import { tableActions } from './table-actions.ts';
import { TableResource } from './table-resource.ts';
import { TimeToLive } from './time-to-live.ts';

export type { CapacityUse } from './capacity.ts';

export interface DynamodbService extends Service {
  /** Calls `listener` with the table's ARN after each successful write (also by time to live). Returns the way out. */
  onWrite(listener: (tableArn: string) => void): () => void;
  /** Calls `listener` with the capacity that each call on each table consumed. Returns the way out. */
  onCapacity(listener: CapacityListener): () => void;
  /** Deletes the expired items of all tables now, instead of at the next sweep. @returns how many */
  sweepExpired(): Promise<number>;
}

const NOT_ISOLATED =
  'The DynamoDB engine listens on 127.0.0.1 and checks no signature, as bubblewrap does not work here: builds and other ' +
  'programs of this machine can read and write every table. Install bubblewrap (Linux), or run only builds that you trust.';

/** @param options `kind` names the engine; otherwise `EMBEDDED_CLOUD_DYNAMODB_ENGINE`, otherwise the best that can run here */
export function dynamodb(cloud: Cloud, options: { readonly kind?: EngineKind } = {}): DynamodbService {
  const backend = new Backend(cloud, options.kind);
  const catalog = new Catalog(cloud.stateDir('dynamodb'), backend);
  const capacityListeners = new Set<CapacityListener>();
  const writeListeners = new Set<(tableArn: string) => void>();
  const expired = async (table: string) => {
    const { arns } = await backend.connect();
    for (const listener of writeListeners) listener(arns.table(table));
  };
  const timeToLive = new TimeToLive(cloud, backend, catalog, expired);
  const resource = new TableResource(cloud, backend, catalog);
  const provide: NonNullable<Service['resources']>[string] = (request) => resource.provide(request);

  return {
    name: 'dynamodb',
    actions: {
      ...itemActions({ backend, catalog, capacityListeners, writeListeners }),
      ...tableActions(cloud, backend, catalog),
      ...streamActions(cloud, backend, catalog),
    },
    resources: { 'AWS::DynamoDB::Table': provide, 'AWS::DynamoDB::GlobalTable': provide },
    start: () => timeToLive.start(),
    notIsolated: () => (backend.isolated === false ? [NOT_ISOLATED] : []),
    async stop() {
      timeToLive.stop();
      await backend.stop();
      catalog.database.close();
    },
    onWrite: (listener) => subscribed(writeListeners, listener),
    onCapacity: (listener) => subscribed(capacityListeners, listener),
    sweepExpired: () => timeToLive.sweep(),
  };
}

function subscribed<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export { type Engine, startEngine } from './engine.ts';
export { availableEngines, type EngineKind } from './programs.ts';
