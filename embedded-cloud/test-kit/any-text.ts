/** Text of any characters, for properties. */
import fc from 'fast-check';

const FIRST_SURROGATE = 0xd800;
const SURROGATES = 0x800;

/**
 * Any code point but a lone surrogate: the unit `binary` of fast-check, without its table of all 1.1 million of them, which
 * takes a second of a processor in each worker.
 */
export const anyCharacter = fc
  .integer({ min: 0, max: 0x10ffff - SURROGATES })
  .map((code) => String.fromCodePoint(code < FIRST_SURROGATE ? code : code + SURROGATES));
