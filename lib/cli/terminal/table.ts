/** Tables and lists of labelled values in columns, for people. */
import { stripVTControlCharacters } from 'node:util';
import { clean, cleanLine } from './clean.ts';
import { bold, dim } from './style.ts';

export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string | number | null | undefined;
  /** Colours the cell. */
  readonly style?: (cell: string) => string;
}

const width = (cell: string) => stripVTControlCharacters(cell).length;
const pad = (cell: string, to: number) => cell + ' '.repeat(Math.max(0, to - width(cell)));

/** Rows below their titles; an absent value is a dash. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const titles = columns.map((column) => bold(column.title.toUpperCase()));
  const cells = rows.map((row) =>
    columns.map((column) => {
      const cell = cleanLine(String(column.value(row) ?? '-'));
      return column.style === undefined ? cell : column.style(cell);
    }),
  );
  const widths = titles.map((title, at) =>
    Math.max(width(title), ...cells.map((row) => width(row[at] ?? ''))),
  );
  return [titles, ...cells]
    .map((row) =>
      row
        .map((cell, at) => pad(cell, widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export type Field = readonly [
  label: string,
  value: string | number | undefined,
  style?: (text: string) => string,
];

/** One labelled value per line; absent values are omitted. */
export function fields(entries: readonly Field[]): string {
  const shown = entries.filter(([, value]) => value !== undefined);
  const widest = Math.max(...shown.map(([label]) => label.length));
  const indent = `\n${' '.repeat(widest + 2)}`;
  return shown
    .map(([label, value, style = (text) => text]) => {
      const text = clean(String(value)).split('\n').map(style).join(indent);
      return `${dim(label.padEnd(widest))}  ${text}`;
    })
    .join('\n');
}
