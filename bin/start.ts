/** `npm start`. */
import { main } from '../lib/start/index.ts';
import { closeInherited } from '../lib/start/inherited.ts';

closeInherited();

process.exitCode = await main(process.argv.slice(2));
