/**
 * A user namespace with a range of ids of its own (user_namespaces(7)), in which root is nobody outside. Made once, and
 * kept open by a descriptor: what enters it later needs no process that holds it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';

/** As many ids as images use: Debian's nobody is 65534. */
const IDS = 65_536;
/** Ids that nobody has: above those of containers (https://systemd.io/UIDS-GIDS/: 1879048192 to 2147483647 are unused). */
const UNUSED = 0x70000000;
/** A machine under load needs a second for two processes; then there is no such namespace here. */
const PATIENCE_MS = 10_000;

export interface UserNamespace {
  readonly descriptor: number;
  /** The user outside who is root inside. */
  readonly owner: number;
}

let made: Promise<UserNamespace | undefined> | undefined;

/** The one of this process. @returns undefined where the machine does not let us make it */
export function userNamespace(): Promise<UserNamespace | undefined> {
  made ??= make().catch(() => undefined);
  return made;
}

async function make(): Promise<UserNamespace | undefined> {
  const uid = process.getuid?.();
  const gid = process.getgid?.();
  if (process.platform !== 'linux' || uid === undefined || gid === undefined) return undefined;
  const holder = spawn('unshare', ['--user', '--', '/bin/sh', '-c', 'echo ready; read -r _'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  holder.on('error', () => undefined);
  holder.stdin.on('error', () => undefined);
  const ended = once(holder, 'close').catch(() => undefined);
  try {
    const ready = await Promise.race([once(holder.stdout, 'data'), ended.then(() => undefined)]);
    const { pid } = holder;
    if (ready === undefined || pid === undefined) return undefined;
    if (uid === 0) {
      for (const map of ['uid_map', 'gid_map']) writeFileSync(`/proc/${pid}/${map}`, `0 ${UNUSED} ${IDS}\n`);
    } else {
      await Promise.all([mapOwn('newuidmap', pid, uid, 'subuid'), mapOwn('newgidmap', pid, gid, 'subgid')]);
    }
    return { descriptor: openSync(`/proc/${pid}/ns/user`, 'r'), owner: uid === 0 ? UNUSED : uid };
  } finally {
    holder.stdin.end();
    await ended;
  }
}

/** Root inside is the user, everybody else one of the ids that the system has given to the user (subuid(5)). */
async function mapOwn(program: string, pid: number, id: number, file: string): Promise<void> {
  const { first, count } = rangeOf(readFileSync(`/etc/${file}`, 'utf8'));
  const ids = Math.min(count, IDS - 1);
  const child = spawn(program, [pid, 0, id, 1, 1, first, ids].map(String), { stdio: 'ignore' });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${program} ended with ${code}.`);
}

function rangeOf(text: string): { first: number; count: number } {
  const { username, uid } = userInfo();
  for (const line of text.split('\n')) {
    const [who, first, count] = line.split(':');
    if (who === username || who === String(uid)) return { first: Number(first), count: Number(count) };
  }
  throw new Error(`${username} has no subordinate ids.`);
}
