/** A measured figure: its samples, and how they are summed up. */

export interface Figure {
  readonly what: string;
  /** `ms`, `s`, `builds/s`, `bytes`, `×` (a ratio of two things measured in turns in the same run). */
  readonly unit: string;
  readonly samples: readonly number[];
  /** What we want it to be. Nothing is asserted: the machine and its other work decide too much. */
  readonly aim?: string;
}

/** A bench gives figures, and what else is worth a table of its own, as Markdown. */
export interface Report {
  readonly figures: readonly Figure[];
  readonly more?: string;
}

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

/** Three significant digits, and no more than the unit deserves. */
export function shown(value: number, unit: string): string {
  if (unit === 'bytes') return Math.round(value).toLocaleString('en-US');
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

/** Below ten samples all that was seen; from ten on the middle 80 %. */
function spread({ samples, unit }: Figure): string {
  const [low, high] =
    samples.length < 10
      ? [Math.min(...samples), Math.max(...samples)]
      : [quantile(samples, 0.1), quantile(samples, 0.9)];
  return `${shown(low, unit)}–${shown(high, unit)}`;
}

export function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  return line(head) + line(head.map(() => '---')) + rows.map(line).join('');
}

export function figureTable(benches: readonly (readonly [string, Report])[]): string {
  return markdown(
    ['bench', 'what', 'unit', 'median', 'spread', 'rounds', 'aim'],
    benches.flatMap(([name, { figures }]) =>
      figures.map((figure) => [
        name,
        figure.what,
        figure.unit,
        shown(median(figure.samples), figure.unit),
        spread(figure),
        String(figure.samples.length),
        figure.aim ?? '',
      ]),
    ),
  );
}
