/**
 * Whether a chain is whole: every link hashes to what it says, follows the one before, and none is missing. Pure, so that
 * whoever checks a log trusts neither the server that sent it nor the file that it was kept in.
 */
import { GENESIS, hashOfLink } from './hash.ts';
import { type AuditHead, AuditLink } from './schema.ts';

interface Fault {
  readonly kind: 'changed' | 'missing' | 'reordered' | 'unreadable';
  /** The position in the chain, from 1. */
  readonly seq: number;
  readonly entry_id?: string;
  readonly message: string;
}

export interface Verdict {
  readonly chain: string | undefined;
  /** Links that are whole, from the first one on. */
  readonly verified: number;
  /** The last of them. */
  readonly head: AuditHead | undefined;
  /** The first thing that is wrong. */
  readonly fault?: Fault;
}

export interface Expected {
  /** The log that it must be; without it, the one that the first link names. */
  readonly chain?: string | undefined;
  /** The hash of a link that was noted before: it must still be there. */
  readonly head?: string | undefined;
}

/** @param links parsed JSON, in the order of the chain; what is not JSON comes as undefined */
export async function verifyChain(
  links: AsyncIterable<unknown> | Iterable<unknown>,
  expected: Expected = {},
): Promise<Verdict> {
  let { chain } = expected;
  let head: AuditHead = { seq: 0, hash: GENESIS };
  let isHeadFound = expected.head === undefined;
  const verdict = (fault?: Fault): Verdict => ({
    chain,
    verified: head.seq,
    head: head.seq === 0 ? undefined : head,
    ...(fault !== undefined && { fault }),
  });
  const rest = iteratorOf(links);
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
    const seq = head.seq + 1;
    const read = AuditLink.safeParse(next.value);
    if (!read.success) return verdict({ kind: 'unreadable', seq, message: `Entry ${seq} cannot be read.` });
    const link = read.data;
    chain ??= link.chain;
    const fault = await faultOf(link, { chain, head, rest });
    if (fault !== undefined) return verdict(fault);
    head = { seq, hash: link.hash };
    isHeadFound ||= link.hash === expected.head;
  }
  if (isHeadFound) return verdict();
  const seq = head.seq + 1;
  const message = `The head ${expected.head} is not in the log: entries from ${seq} on are missing, or the log was written again.`;
  return verdict({ kind: 'missing', seq, message });
}

interface Before {
  readonly chain: string;
  readonly head: AuditHead;
  readonly rest: AsyncIterator<unknown> | Iterator<unknown>;
}

async function faultOf(link: AuditLink, { chain, head, rest }: Before): Promise<Fault | undefined> {
  const seq = head.seq + 1;
  const id = link.entry?.id;
  const named = typeof id === 'string' ? { entry_id: id } : {};
  const isNext = link.prev_hash === head.hash;
  if (link.seq !== seq && !isNext) {
    const isLater = await hasPosition(rest, seq);
    return isLater
      ? { kind: 'reordered', seq, ...named, message: `Entry ${link.seq} is in the place of entry ${seq}.` }
      : {
          kind: 'missing',
          seq,
          message: `Entry ${seq} is missing: entry ${link.seq} follows entry ${head.seq}.`,
        };
  }
  if (link.entry === null)
    return { kind: 'missing', seq, message: `The content of entry ${seq} is missing.` };
  const isWhole = link.seq === seq && link.chain === chain && hashOfLink(link) === link.hash;
  if (isWhole && isNext) return undefined;
  const message = isWhole
    ? `Entry ${seq} does not follow entry ${head.seq}: one of them was replaced.`
    : `Entry ${seq} was changed: it does not match its hash.`;
  return { kind: 'changed', seq, ...named, message };
}

async function hasPosition(rest: Before['rest'], seq: number): Promise<boolean> {
  for (let next = await rest.next(); next.done !== true; next = await rest.next())
    if (AuditLink.safeParse(next.value).data?.seq === seq) return true;
  return false;
}

const iteratorOf = (links: AsyncIterable<unknown> | Iterable<unknown>): Before['rest'] =>
  Symbol.asyncIterator in links ? links[Symbol.asyncIterator]() : links[Symbol.iterator]();
