import { FilterRule } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { CREATED_ENTITIES, ENDED_ENTITY, ENDED_STATUSES } from '../contract/events/audited.ts';
import { PENDING_ENTITY } from '../domain/audit/schema.ts';
import type { Bundles } from './bundles.ts';
import { StaitheFunction } from './function.ts';
import type { Storage } from './storage.ts';
import { changed, readTableStream } from './table-stream.ts';

/** Chains the entries of audit logs, off the path of the requests that wrote them down. */
export class Audit extends Construct {
  readonly chainer: StaitheFunction;

  constructor(scope: Construct, id: string, { bundles, storage }: { bundles: Bundles; storage: Storage }) {
    super(scope, id);
    this.chainer = new StaitheFunction(this, 'Chainer', {
      bundles,
      entry: 'events/audit-recorded',
      description: 'Appends entries to the chains of audit logs',
    });
    const inserted = (entities: readonly string[]) => ({
      eventName: FilterRule.isEqual('INSERT'),
      ...changed('NewImage', { entity: FilterRule.or(...entities) }),
    });
    readTableStream(this.chainer, storage, [
      inserted([PENDING_ENTITY, ...CREATED_ENTITIES]),
      changed('NewImage', {
        entity: FilterRule.isEqual(ENDED_ENTITY),
        status: FilterRule.or(...ENDED_STATUSES),
      }),
    ]);
  }
}
