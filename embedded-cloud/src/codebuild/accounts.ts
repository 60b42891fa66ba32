/** The users that a sandbox knows: those that programs ask for by number (getpwuid(3)), and nobody of this machine. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Folders } from './sandbox.ts';

const passwd = (home: string): string[] => [
  `root:x:0:0:root:${home}:/bin/sh`,
  `codebuild:x:1000:1000:codebuild:${home}:/bin/sh`,
  'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin',
];
const GROUP = ['root:x:0:', 'tty:x:5:', 'codebuild:x:1000:', 'nogroup:x:65534:'];

/** Writes them where the sandbox finds them. */
export function writeAccounts({ scripts }: Pick<Folders, 'scripts'>, { home }: Pick<Folders, 'home'>): void {
  writeFileSync(join(scripts, 'passwd'), `${passwd(home).join('\n')}\n`);
  writeFileSync(join(scripts, 'group'), `${GROUP.join('\n')}\n`);
}
