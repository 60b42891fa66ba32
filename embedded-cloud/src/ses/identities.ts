/** Identities that may send: addresses and domains. Nobody has to be asked here, so each is verified when it is created. */
import type { DatabaseSync } from 'node:sqlite';
import { openDatabase } from '../database.ts';
import type { Mailbox } from './address.ts';

const SCHEMA = 'CREATE TABLE IF NOT EXISTS identity (name TEXT PRIMARY KEY, created REAL NOT NULL);';

/** A name that is reserved for this machine (RFC 6761, section 6.3): verified without being created. */
const BUILT_IN = 'localhost';

export class Identities {
  readonly database: DatabaseSync;

  constructor(folder: string) {
    this.database = openDatabase(folder, SCHEMA, 'the identities that may send e-mail');
  }

  has(name: string): boolean {
    if (name.toLowerCase() === BUILT_IN) return true;
    return (
      this.database.prepare('SELECT 1 FROM identity WHERE name = ?').get(name.toLowerCase()) !== undefined
    );
  }

  create(name: string, now: number): void {
    this.database.prepare('INSERT INTO identity VALUES (?, ?)').run(name.toLowerCase(), now);
  }

  /** @returns whether it was there */
  remove(name: string): boolean {
    return this.database.prepare('DELETE FROM identity WHERE name = ?').run(name.toLowerCase()).changes > 0;
  }

  /** The identity by which a mailbox may send: the address itself, its domain, or a domain above that. */
  identityOf({ address, domain }: Mailbox): string | undefined {
    const labels = domain.split('.');
    const domains = labels.map((_, at) => labels.slice(at).join('.'));
    return [address, ...domains].find((name) => this.has(name));
  }
}
