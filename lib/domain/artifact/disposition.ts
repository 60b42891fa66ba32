/** How a download names its file. */

/** Characters that stand for themselves in `filename*` (RFC 8187, section 3.2.1, attr-char), beside letters and digits. */
const PLAIN = /[A-Za-z0-9!#$&+.^_`|~-]/;

/**
 * The Content-Disposition of a download (RFC 6266). `filename*` has the very name. `filename` before it is for programs
 * that know no other; what it cannot say, or is read in different ways (quotes, `%`, other scripts: appendix D), is `_`.
 */
export function attachment(fileName: string): string {
  const known = fileName.replace(/[^ -~]|["%\\]/gu, '_');
  const plain = `attachment; filename="${known}"`;
  return known === fileName ? plain : `${plain}; filename*=UTF-8''${percentEncoded(fileName)}`;
}

function percentEncoded(name: string): string {
  return [...Buffer.from(name, 'utf8')]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return byte < 0x80 && PLAIN.test(character)
        ? character
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}
