/** Who listens on a port of this machine, as far as Linux tells (proc(5)); elsewhere nobody is known. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface PortOwner {
  readonly pid: number;
  readonly command: string;
}

/** Enough of a command line to know it by. */
const SHOWN = 80;

/** State 0A of /proc/net/tcp (include/net/tcp_states.h). */
const LISTENING = '0A';

export function ownerOf(port: number): PortOwner | undefined {
  try {
    const inodes = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listenersIn(table, port)));
    const pid = readdirSync('/proc').find((name) => /^\d+$/.test(name) && hasOneOf(name, inodes));
    if (pid === undefined) return undefined;
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return { pid: Number(pid), command: words.join(' ').trim().slice(0, SHOWN) };
  } catch {
    return undefined; // another system, or the process has ended
  }
}

/** Inodes of the sockets that listen on the port. */
function listenersIn(table: string, port: number): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return readFileSync(table, 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => local?.endsWith(`:${hex}`) && state === LISTENING)
    .flatMap((fields) => fields[9] ?? []);
}

function hasOneOf(pid: string, inodes: ReadonlySet<string>): boolean {
  try {
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder).some((name) => {
      const inode = /^socket:\[(\d+)\]$/.exec(linkAt(`${folder}/${name}`))?.[1];
      return inode !== undefined && inodes.has(inode);
    });
  } catch {
    return false; // of another user
  }
}

function linkAt(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // closed meanwhile
  }
}
