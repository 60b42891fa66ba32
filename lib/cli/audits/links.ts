/** The links of an audit log: from the server, page by page, or from an exported file, line by line. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { AuditHead, AuditLink } from '../../domain/audit/schema.ts';
import type { Api } from '../api/api.ts';
import { atPath, isSystemError } from '../failure/system-error.ts';

/** The most that the API returns per request (lib/contract/route.ts). */
const PAGE = 100;

/**
 * All links of a chain, and at the end, if the server knows a later one than it has returned, that one without content:
 * a log that was cut off at its end does not pass for a whole one.
 * @param project undefined: the log of the installation, or of the project that the token is bound to
 */
export async function* linksOf(
  api: Api<'readAuditChain'>,
  project: string | undefined,
  onPage: (seq: number, of: number) => void,
): AsyncGenerator<AuditLink> {
  let seq = 0;
  let head: AuditHead | null = null;
  for (;;) {
    const query = { ...(project !== undefined && { project }), after_seq: seq, limit: PAGE };
    const page = await api.call('readAuditChain', { query });
    head = page.head;
    yield* page.items;
    seq = page.items.at(-1)?.seq ?? seq;
    onPage(seq, head?.seq ?? seq);
    if (page.items.length === PAGE) continue;
    if (head !== null && head.seq > seq)
      yield { chain: page.chain, seq: head.seq, prev_hash: '', hash: head.hash, entry: null };
    return;
  }
}

/** Lines of a file as JSON; undefined for one that is none. @throws the error of the operating system, with the path */
export async function* linksIn(path: string): AsyncGenerator<unknown> {
  try {
    for await (const line of createInterface({ input: createReadStream(path), crlfDelay: 0 }))
      yield parsed(line);
  } catch (error) {
    throw isSystemError(error) ? atPath(error, path) : error;
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
