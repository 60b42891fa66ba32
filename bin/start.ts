/** `npm start`. */
import { enableCompileCache, flushCompileCache } from 'node:module';
import { closeInherited } from '../lib/start/inherited.ts';

/** Long after it is ready. Node itself would write when it ends, and a server may be killed. */
const FLUSH_AFTER_MS = 10_000;

closeInherited();

// As for the CLI (staithe.ts): what is imported afterwards is kept, without its types and compiled.
enableCompileCache();
setTimeout(flushCompileCache, FLUSH_AFTER_MS).unref();
const { main } = await import('../lib/start/index.ts');
process.exitCode = await main(process.argv.slice(2));
