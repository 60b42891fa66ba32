/**
 * Makes the corpus anew: `node test/diagnosis/make-corpus.ts [name or beginning of names …]`, as root (file systems and
 * cgroups are made), after `sh test/diagnosis/make/tools.sh`. It says the names only, so that who writes rules does not
 * read the logs of the half that is held out.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { halfOf, written } from './corpus.ts';
import { CASES } from './make/cases/index.ts';
import { runCase } from './make/run-case.ts';
import { startServers } from './make/servers.ts';

const wanted = process.argv.slice(2);
const chosen = CASES.filter(
  (one) => wanted.length === 0 || wanted.some((beginning) => one.name.startsWith(beginning)),
);
const folder = mkdtempSync(join(tmpdir(), 'corpus-servers-'));
const servers = await startServers(folder);
let failed = 0;
for (const one of chosen) {
  try {
    const { head, lines } = await runCase(one, servers);
    writeFileSync(join(import.meta.dirname, 'corpus', `${one.name}.log`), written(head, lines));
    const how = head.signal ?? head.exit_code ?? `stopped after ${head.timed_out_after} s`;
    console.log(`${one.name}: ${head.label}, ${how}, ${lines.length} lines, ${halfOf(one.name)}`);
  } catch (error) {
    failed += 1;
    console.log(`${one.name}: NOT MADE: ${error instanceof Error ? error.message : String(error)}`);
  }
}
servers.close();
rmSync(folder, { recursive: true, force: true });
process.exitCode = failed > 0 ? 1 : 0;
