import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where pnpm, pytest and the others are that the machine does not have by itself; see tools.sh. */
export const TOOLS = process.env.CORPUS_TOOLS ?? join(tmpdir(), 'corpus-tools');
