/** The users that a sandbox knows: those that programs ask for by number (getpwuid(3)), and nobody of this machine. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Folders, INSIDE } from './sandbox.ts';

const PASSWD = [
  `root:x:0:0:root:${INSIDE.home}:/bin/sh`,
  `codebuild:x:1000:1000:codebuild:${INSIDE.home}:/bin/sh`,
  'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin',
];
const GROUP = ['root:x:0:', 'tty:x:5:', 'codebuild:x:1000:', 'nogroup:x:65534:'];

/** Writes them where the sandbox finds them. */
export function writeAccounts({ scripts }: Folders): void {
  writeFileSync(join(scripts, 'passwd'), `${PASSWD.join('\n')}\n`);
  writeFileSync(join(scripts, 'group'), `${GROUP.join('\n')}\n`);
}
