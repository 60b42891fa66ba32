/** What the domain relies on in a table, whatever is behind it. */
import type { Table } from '../../../lib/domain/ports/table.ts';
import { tableQueries } from './table-queries.contract.ts';
import { tableTransactions } from './table-transactions.contract.ts';
import { tableWrites } from './table-writes.contract.ts';

/** @param table called once the tests run */
export function tableContract(table: () => Table): void {
  tableWrites(table);
  tableTransactions(table);
  tableQueries(table);
}
