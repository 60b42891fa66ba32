/** Why a process has ended. */
import { constants } from 'node:os';

/** A shell whose command was ended by a signal exits with its number and this (POSIX.1-2017, sh, 2.8.2). */
const BY_SIGNAL = 128;

export function exitWords(code: number | null, signal: NodeJS.Signals | null): string {
  const name = signal ?? signalNamed((code ?? 0) - BY_SIGNAL);
  return name === undefined ? `exit status ${code}` : `ended by ${name}`;
}

const signalNamed = (number: number): string | undefined =>
  Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
