/** Which names a file can be kept and downloaded under. Without zod, as the CLI asks too. */

/** NAME_MAX: bytes that ext4, APFS and NTFS take as the name of a file. */
export const FILE_NAME_BYTES = 255;

/** Why no file can be kept under this name; undefined when one can. It is never changed to fit. */
export function flawOfFileName(name: string): string | undefined {
  if (name === '' || name === '.' || name === '..') return 'is not a valid file name';
  if (/[/\\]/.test(name)) return 'holds a slash or backslash, which systems read as folders';
  if (/[\p{Cc}\u2028\u2029]/u.test(name)) return 'holds control characters or line breaks';
  if (!name.isWellFormed()) return 'holds half a character (a lone UTF-16 surrogate)';
  return Buffer.byteLength(name) > FILE_NAME_BYTES
    ? `has more than ${FILE_NAME_BYTES} bytes, which no file system takes`
    : undefined;
}
