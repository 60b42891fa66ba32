#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

// Node keeps what it makes of the sources in the temporary folder, so later starts take a third of the time. It caches
// only what is imported afterwards.
enableCompileCache();
const { main } = await import('../lib/cli/main.ts');
process.exitCode = await main(process.argv.slice(2));
