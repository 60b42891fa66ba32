/** Packs as a user who may not read everything, root or not: `folder out glob`. Prints what is reported. */
import { artifactFailure, JobFailure } from '../../lib/agent/failure.ts';
import { packFiles } from '../../lib/archive/index.ts';

/** Nobody's, as Linux and macOS have it at least for what belongs to no one. */
const NOBODY = 65_534;

const [base = '', out = '', glob = ''] = process.argv.slice(2);
if (process.geteuid?.() === 0) process.seteuid?.(NOBODY);
const failure = await packFiles({ base, out, paths: [glob], format: 'zip' }).then(
  () => undefined,
  (error: unknown) => artifactFailure(error, base),
);
process.stdout.write(JSON.stringify(failure instanceof JobFailure ? failure.failure : String(failure)));
