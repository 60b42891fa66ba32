/** A measured figure: its samples, and how they are summed up. */

export interface Figure {
  readonly what: string;
  /** `ms`, `s`, `builds/s`, `bytes`, `$`, `×` (a ratio). */
  readonly unit: string;
  readonly samples: readonly number[];
  /** What it is read beside: measured in turns with it, sample by sample, so that what slows both cancels out. */
  readonly beside?: Beside;
  /** What we want it to be; `×` speaks of the ratio. Nothing is asserted: the machine and its other work decide too much. */
  readonly aim?: string;
  /** Stands in the summary too. */
  readonly headline?: boolean;
}

export interface Beside {
  readonly what: string;
  readonly samples: readonly number[];
}

/** A bench gives figures, and what else is worth a table of its own, as Markdown. */
export interface Report {
  readonly figures: readonly Figure[];
  readonly more?: string;
}

export type Reports = readonly (readonly [bench: string, report: Report])[];

/** @param share 0 to 1; linear between the two nearest samples */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}

export const median = (samples: readonly number[]): number => quantile(samples, 0.5);

/** Pairwise ratios of what was measured in turns, so that what slows both cancels out. */
export function ratios(samples: readonly number[], beside: readonly number[]): number[] {
  return samples.map((sample, index) => sample / (beside[index] ?? Number.NaN));
}

export interface Summary {
  readonly median: number;
  /** Below ten samples the smallest and the largest; from ten on where the middle 80 % lie. */
  readonly low: number;
  readonly high: number;
}

export function summary(samples: readonly number[]): Summary {
  const [low, high] =
    samples.length < 10
      ? [Math.min(...samples), Math.max(...samples)]
      : [quantile(samples, 0.1), quantile(samples, 0.9)];
  return { median: median(samples), low, high };
}

/** Of a figure and what it is read beside. */
export function ratioOf({ samples, beside }: Figure): Summary | undefined {
  return beside && summary(ratios(samples, beside.samples));
}

/** Three significant digits, and no more than the unit deserves. */
export function shown(value: number, unit: string): string {
  if (unit === 'bytes') return Math.round(value).toLocaleString('en-US');
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

const spread = ({ low, high }: Summary, unit: string): string => `${shown(low, unit)}–${shown(high, unit)}`;

export function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  return line(head) + line(head.map(() => '---')) + rows.map(line).join('');
}

export function figureTable(reports: Reports): string {
  return markdown(
    ['bench', 'what', 'unit', 'median', 'spread', 'beside', 'rounds', 'aim'],
    reports.flatMap(([name, { figures }]) =>
      figures.map((figure) => [
        name,
        figure.what,
        figure.unit,
        shown(median(figure.samples), figure.unit),
        spread(summary(figure.samples), figure.unit),
        besideText(figure),
        String(figure.samples.length),
        figure.aim ?? '',
      ]),
    ),
  );
}

/** The figures that say most, for a quick look. */
export function headlineTable(reports: Reports): string {
  return markdown(
    ['figure', 'measured (spread)', 'beside its yardstick, of the same run', 'aim'],
    reports
      .flatMap(([, { figures }]) => figures)
      .filter(({ headline }) => headline)
      .map((figure) => [
        figure.what,
        `${shown(median(figure.samples), figure.unit)} ${figure.unit} (${spread(summary(figure.samples), figure.unit)})`,
        besideText(figure),
        figure.aim ?? '',
      ]),
  );
}

/** `4.02 × starting Node (3.33–4.41)` */
function besideText(figure: Figure): string {
  const ratio = ratioOf(figure);
  if (ratio === undefined) return '';
  return `${shown(ratio.median, '×')} × ${figure.beside?.what} (${spread(ratio, '×')})`;
}

/** For programs: every figure, with its ratio. */
export function figuresAsJson(reports: Reports) {
  return reports.flatMap(([bench, { figures }]) =>
    figures.map((figure) => ({
      bench,
      what: figure.what,
      unit: figure.unit,
      ...summary(figure.samples),
      rounds: figure.samples.length,
      ...(figure.beside && { beside: { what: figure.beside.what, ...ratioOf(figure) } }),
      ...(figure.aim !== undefined && { aim: figure.aim }),
    })),
  );
}
