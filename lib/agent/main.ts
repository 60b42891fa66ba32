/**
 * The build agent: runs one job on any backend. Its environment names the API, the job and a ticket (settings.ts).
 *
 * Its exit codes stand in exit.ts.
 */
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

// Modes of files reach wheels, sdists and images: the same on every machine.
process.umask(0o022);
// A backend may stop reading before the job has ended; the job goes on.
process.stdout.on('error', () => undefined);
void main().then((code) => process.exit(code));
