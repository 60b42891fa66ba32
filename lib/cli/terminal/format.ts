/** Values formatted for people. */

/** `1.5 MiB`: binary units, as the limits of Staithe are binary. */
export function bytes(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let value = count;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** `9s`, `2m 5s`, `1h 3m`. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes}m ${seconds % 60}s` : `${Math.floor(minutes / 60)}h ${minutes % 60}m`;
}

/** `45s`, `12m`, `5h`, `3d`: the age of a timestamp, in its largest unit. */
export function age(timestamp: string): string {
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(timestamp)) / 1000));
  const [size, unit] = [[86_400, 'd'] as const, [3600, 'h'] as const, [60, 'm'] as const].find(
    ([most]) => seconds >= most,
  ) ?? [1, 's'];
  return `${Math.floor(seconds / size)}${unit}`;
}

const two = (value: number) => String(value).padStart(2, '0');

/** `09:30:00` in the reader's time zone. */
export function clock(timestamp: string): string {
  const at = new Date(timestamp);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** `2026-11-21 09:30:00` in the reader's time zone. */
export function moment(timestamp: string): string {
  const at = new Date(timestamp);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${clock(timestamp)}`;
}

/** How long something took: from its start to its end, or until now. */
export function took(entity: {
  readonly started_at?: string | undefined;
  readonly completed_at?: string | undefined;
}): string {
  if (entity.started_at === undefined) return '-';
  const end = entity.completed_at === undefined ? Date.now() : Date.parse(entity.completed_at);
  return duration(end - Date.parse(entity.started_at));
}
