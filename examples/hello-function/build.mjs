/**
 * Writes dist/index.mjs: the handler and its stamp in one file. The stamp is a digest of the source and no time, so
 * the same source gives the same bytes, and Staithe sees that nothing has changed.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';

const source = readFileSync(new URL('src/handler.mjs', import.meta.url), 'utf8');
const stamp = createHash('sha256').update(source).digest('hex').slice(0, 12);
const imported = "import { STAMP } from './stamp.mjs';";
if (!source.includes(imported)) throw new Error(`src/handler.mjs no longer has: ${imported}`);

mkdirSync(new URL('dist/', import.meta.url), { recursive: true });
writeFileSync(
  new URL('dist/index.mjs', import.meta.url),
  source.replace(imported, `const STAMP = '${stamp}';`),
);
console.log(`dist/index.mjs, stamp ${stamp}`);
