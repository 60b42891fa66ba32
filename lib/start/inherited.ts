/** Descriptors of the shell that started the server: no build, and nothing else that it starts, is to have them. */
import { closeSync, readdirSync, readFileSync } from 'node:fs';

const DESCRIPTORS = '/proc/self/fd';
/** Standard input, output and error. */
const STANDARD = 2;
/** open(2) on Linux, the same on x86-64 and arm64. */
const O_CLOEXEC = 0o2000000;

/**
 * Closes what this process was given and would hand on. Node marks descriptors 0 to 15 as its own at its start, and from
 * there on only to the first gap (libuv, uv_disable_stdio_inheritance); what it opens itself is marked from the beginning.
 * macOS has no such folder, and there libuv hands on nothing but what is named (POSIX_SPAWN_CLOEXEC_DEFAULT).
 * @returns which were closed
 */
export function closeInherited(): number[] {
  return numbersOfDescriptors().filter((descriptor) => {
    if (descriptor <= STANDARD || !isHandedOn(descriptor)) return false;
    closeSync(descriptor);
    return true;
  });
}

function numbersOfDescriptors(): number[] {
  try {
    return readdirSync(DESCRIPTORS).map(Number);
  } catch {
    return []; // not Linux
  }
}

function isHandedOn(descriptor: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & O_CLOEXEC) === 0;
  } catch {
    return false; // it was the folder's own, and is closed
  }
}
