import { describe } from 'vitest';
import type { EngineKind } from '../../src/dynamodb/programs.ts';
import { needs } from '../../test-kit/tools.ts';
import { itemsOf } from './items.contract.ts';
import { permissionsOf } from './permissions.contract.ts';
import { thingsOn } from './things.ts';

const KINDS: readonly EngineKind[] = ['dynoxide', 'dynamodb-local'];

for (const kind of KINDS) {
  describe(`DynamoDB on ${kind}`, needs(kind), () => {
    const table = thingsOn(kind);
    itemsOf(table);
    permissionsOf(table);
  });
}
