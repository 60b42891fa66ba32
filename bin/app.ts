/** The CDK app: `npm run synth`, `npm run deploy`, and what the embedded cloud runs. */
import { enableCompileCache } from 'node:module';

// Node keeps what it makes of the CDK in the temporary folder, so later syntheses load it in half the time. It caches
// only what is imported afterwards.
enableCompileCache();
const { synthesize } = await import('../lib/infrastructure/app.ts');
await synthesize({
  unchecked: process.env.STAITHE_SYNTH_UNCHECKED === '1',
  onStage: (stage) => process.send?.(stage),
});
