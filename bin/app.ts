/** The CDK app: `npm run synth`, `npm run deploy`, and what the embedded cloud runs. */
import { synthesize } from '../lib/infrastructure/app.ts';

await synthesize();
