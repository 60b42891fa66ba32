/** JSON for stdout and stderr, which may be a terminal. */

const STEERING = /[\x7f-\x9f]/g;

/** The same document: JSON itself escapes control characters below U+0020, and terminals obey those above U+007E too. */
export function jsonText(value: unknown, indent?: number): string {
  return (JSON.stringify(value, null, indent) ?? 'null').replace(
    STEERING,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
