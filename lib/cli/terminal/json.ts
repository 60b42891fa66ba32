/** JSON for stdout and stderr, which may be a terminal. */
import { escapedJson } from '../../domain/log/ansi.ts';

export function jsonText(value: unknown, indent?: number): string {
  return escapedJson(JSON.stringify(value, null, indent) ?? 'null');
}
