/**
 * The build agent: runs one job on any backend. Its environment names the API, the job and a ticket (settings.ts).
 *
 * Its exit codes stand in exit.ts.
 *
 * It is made for Node's startup snapshots (Node's documentation, "Startup Snapshot API"): where it is started before its
 * job is there, it loads everything, and begins when it is told to.
 */
import { startupSnapshot } from 'node:v8';
import { beginClaim } from './claim.ts';
import { EXIT } from './exit.ts';
import { say } from './output.ts';
import { settingsFrom } from './settings.ts';

async function main(): Promise<number> {
  const settings = settingsFrom(process.env);
  if (typeof settings === 'string') {
    say(settings);
    return EXIT.environment;
  }
  say(`==> claim ${settings.jobId}`);
  const claim = await beginClaim(settings);
  // Everything else is loaded while the claim is on its way.
  const { work } = await import('./work.ts');
  return work(settings, claim);
}

function begin(): void {
  // Modes of files reach wheels, sdists and images: the same on every machine.
  process.umask(0o022);
  // A backend may stop reading before the job has ended; the job goes on.
  process.stdout.on('error', () => undefined);
  void main().then((code) => process.exit(code));
}

if (startupSnapshot.isBuildingSnapshot()) {
  void import('./work.ts');
  startupSnapshot.setDeserializeMainFunction(begin);
} else begin();
