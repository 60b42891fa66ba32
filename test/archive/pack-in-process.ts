/** Packs in a process of its own, as a time zone is read once: `base format out path…`. Prints the result. */
import { packFiles } from '../../lib/archive/index.ts';

const [base = '', format = '', out = '', ...paths] = process.argv.slice(2);
if (format !== 'zip' && format !== 'tar.gz') throw new Error(`format ${format}`);
process.stdout.write(JSON.stringify(await packFiles({ base, format, out, paths })));
