/** What a PartiQL statement does to which table: as much as authorisation needs; the engine parses it in earnest. */
import { AwsError } from '../service.ts';

export interface StatementTarget {
  readonly action: 'PartiQLSelect' | 'PartiQLInsert' | 'PartiQLUpdate' | 'PartiQLDelete';
  readonly table: string;
  readonly index?: string;
  /** A Select without a `WHERE` reads the whole table (`dynamodb:FullTableScan`). */
  readonly fullScan: boolean;
}

const NAME = String.raw`(?:"([^"]+)"|([A-Za-z0-9_.-]+?))(?:\.(?:"([^"]+)"|([A-Za-z0-9_-]+)))?(?=[\s;]|$)`;
const FORMS: readonly [StatementTarget['action'], RegExp][] = [
  ['PartiQLSelect', new RegExp(String.raw`^\s*select\b[\s\S]*?\bfrom\s+${NAME}`, 'i')],
  ['PartiQLSelect', new RegExp(String.raw`^\s*exists\s*\(\s*select\b[\s\S]*?\bfrom\s+${NAME}`, 'i')],
  ['PartiQLInsert', new RegExp(String.raw`^\s*insert\s+into\s+${NAME}`, 'i')],
  ['PartiQLUpdate', new RegExp(String.raw`^\s*update\s+${NAME}`, 'i')],
  ['PartiQLDelete', new RegExp(String.raw`^\s*delete\s+from\s+${NAME}`, 'i')],
];

/**
 * @throws AwsError `ValidationException` when the statement is none of the four kinds, so that nothing unknown is
 * ever passed on unauthorised
 */
export function statementTarget(statement: string): StatementTarget {
  for (const [action, form] of FORMS) {
    const match = form.exec(statement);
    const table = match?.[1] ?? match?.[2];
    if (!match || !table) continue;
    const index = match[3] ?? match[4];
    const fullScan = action === 'PartiQLSelect' && !/\bwhere\b/i.test(statement);
    return { action, table, fullScan, ...(index === undefined ? {} : { index }) };
  }
  throw new AwsError(
    'ValidationException',
    "Statement wasn't well formed, can't be processed: unexpected token",
  );
}
