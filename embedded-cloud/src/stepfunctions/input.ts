/** Reads the members of a request. */
import { AwsError } from '../service.ts';

type Input = Record<string, unknown>;

export function optionalText(input: Input, member: string): string | undefined {
  const value = input[member];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  throw new AwsError('ValidationException', `1 validation error detected: '${member}' must be a string`);
}

export function requiredText(input: Input, member: string): string {
  const value = optionalText(input, member);
  if (value !== undefined && value !== '') return value;
  throw new AwsError(
    'ValidationException',
    `1 validation error detected: '${member}' must not be null or empty`,
  );
}

/** The size of a page: `maxResults`, by default 100; 0 means the default. */
export function pageSize(input: Input): number {
  const { maxResults } = input;
  if (maxResults === undefined || maxResults === null || maxResults === 0) return 100;
  if (
    typeof maxResults === 'number' &&
    Number.isInteger(maxResults) &&
    maxResults > 0 &&
    maxResults <= 1000
  ) {
    return maxResults;
  }
  throw new AwsError(
    'ValidationException',
    "1 validation error detected: 'maxResults' must be between 0 and 1000",
  );
}

/** The number that a `nextToken` of ours holds. @throws AwsError `InvalidToken` */
export function pageStart(input: Input): number | undefined {
  const token = optionalText(input, 'nextToken');
  if (token === undefined) return undefined;
  const position = Number(Buffer.from(token, 'base64url').toString());
  if (Number.isSafeInteger(position) && position > 0) return position;
  throw new AwsError('InvalidToken', `Invalid Token: 'Invalid token'`);
}

export function pageToken(position: number): string {
  return Buffer.from(String(position)).toString('base64url');
}

/** One more row than the page shows whether there is a next page. */
export function page<Row>(
  rows: Row[],
  size: number,
  positionOf: (row: Row) => number,
): { rows: Row[]; nextToken?: string } {
  const shown = rows.slice(0, size);
  const last = shown.at(-1);
  return rows.length > size && last !== undefined
    ? { rows: shown, nextToken: pageToken(positionOf(last)) }
    : { rows: shown };
}
