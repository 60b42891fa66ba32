/** `npm start`. */
import { main } from '../lib/start/index.ts';

process.exitCode = await main(process.argv.slice(2));
