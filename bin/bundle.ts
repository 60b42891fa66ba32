/** `npm run bundle`, which `npm pack` calls. */
import { bundlePackage } from '../lib/package/bundle.ts';

await bundlePackage();
