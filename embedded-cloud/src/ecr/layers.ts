/**
 * Layers and the uploads that become layers. Bytes lie in files as S3's do: a file is written whole under a random
 * name and counts once a row names it, so what was acknowledged survives `kill -9`, and what was not is swept away.
 */
import { createHash, type Hash, randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { Readable } from 'node:stream';
import { transaction } from '../database.ts';
import type { BlobStore, Piece } from '../s3/blobs.ts';
import { type Blob, BlobRow, Pieces, type Upload, UploadRow } from './schema.ts';

/** An upload that nobody goes on with, and a layer that no manifest names, are kept for a day. */
const ABANDONED = 24 * 60 * 60 * 1000;

export class Layers {
  readonly #database: DatabaseSync;
  readonly #blobs: BlobStore;
  readonly #now: () => number;
  /** The hash over the bytes of an upload so far. After a restart it is made again from the files. */
  readonly #hashes = new Map<string, Hash>();
  /** Uploads that are taking a chunk at this moment. */
  readonly #busy = new Set<string>();

  constructor(database: DatabaseSync, blobs: BlobStore, now: () => number) {
    this.#database = database;
    this.#blobs = blobs;
    this.#now = now;
  }

  /** A layer that this repository holds. */
  find(repository: string, digest: string): Blob | undefined {
    const row = this.#database
      .prepare('SELECT blob.* FROM layer JOIN blob USING (digest) WHERE repository = ? AND digest = ?')
      .get(repository, digest);
    return row && BlobRow.parse(row);
  }

  /** Bytes `start` to `end`, both inclusive. */
  read(blob: Blob, start = 0, end = blob.size - 1): Readable {
    return this.#blobs.read(blob.pieces, start, end);
  }

  /** Gives a layer of one repository to another, without a copy. @returns whether there was one */
  mount(from: string, to: string, digest: string): boolean {
    if (this.find(from, digest) === undefined) return false;
    this.#addLayer(to, digest);
    return true;
  }

  begin(repository: string): Upload {
    const upload: Upload = { id: randomUUID(), repository, pieces: [], created: this.#now() };
    this.#database
      .prepare('INSERT INTO upload VALUES (?, ?, ?, ?)')
      .run(upload.id, repository, '[]', upload.created);
    this.#hashes.set(upload.id, createHash('sha256'));
    return upload;
  }

  upload(repository: string, id: string): Upload | undefined {
    const row = this.#database
      .prepare('SELECT * FROM upload WHERE id = ? AND repository = ?')
      .get(id, repository);
    return row && UploadRow.parse(row);
  }

  isBusy({ id }: Upload): boolean {
    return this.#busy.has(id);
  }

  /** Adds a chunk: all of it, or, when `source` fails, nothing. @returns the upload with it */
  async append(upload: Upload, source: AsyncIterable<Buffer>): Promise<Upload> {
    this.#busy.add(upload.id);
    try {
      const hash = (await this.#hashOf(upload)).copy();
      const piece = await this.#blobs.write(hashed(source, hash));
      const current = this.upload(upload.repository, upload.id);
      if (piece.size === 0 || current === undefined) {
        this.#blobs.remove([piece.file]);
        return upload;
      }
      const pieces = [...upload.pieces, piece];
      this.#database
        .prepare('UPDATE upload SET pieces = ? WHERE id = ?')
        .run(JSON.stringify(pieces), upload.id);
      this.#hashes.set(upload.id, hash);
      return { ...upload, pieces };
    } finally {
      this.#busy.delete(upload.id);
    }
  }

  /** Makes the upload a layer of its repository. @returns false, and no layer, when its bytes have another digest */
  async complete(upload: Upload, digest: string): Promise<boolean> {
    const actual = `sha256:${(await this.#hashOf(upload)).copy().digest('hex')}`;
    this.#hashes.delete(upload.id);
    if (actual !== digest) {
      this.cancel(upload);
      return false;
    }
    const isNew = transaction(this.#database, () => {
      const { changes } = this.#database
        .prepare('INSERT OR IGNORE INTO blob VALUES (?, ?, ?)')
        .run(digest, sizeOf(upload.pieces), JSON.stringify(upload.pieces));
      this.#addLayer(upload.repository, digest);
      this.#database.prepare('DELETE FROM upload WHERE id = ?').run(upload.id);
      return changes > 0;
    });
    if (!isNew) this.#blobs.remove(upload.pieces.map(({ file }) => file));
    return true;
  }

  cancel({ id, pieces }: Upload): void {
    this.#hashes.delete(id);
    this.#database.prepare('DELETE FROM upload WHERE id = ?').run(id);
    this.#blobs.remove(pieces.map(({ file }) => file));
  }

  /**
   * Removes abandoned uploads, layers that no manifest of their repository names, and what a crash left.
   * @param named digests that the manifests of a repository name
   */
  async sweep(named: (repository: string) => ReadonlySet<string>, stopped: () => boolean): Promise<void> {
    const before = this.#now() - ABANDONED;
    for (const row of this.#database.prepare('SELECT * FROM upload WHERE created < ?').all(before)) {
      const upload = UploadRow.parse(row);
      if (!this.isBusy(upload)) this.cancel(upload);
    }
    const stale = this.#database
      .prepare('SELECT repository, digest FROM layer WHERE created < ?')
      .all(before)
      .map(({ repository, digest }) => ({ repository: String(repository), digest: String(digest) }));
    for (const { repository, digest } of stale) {
      if (named(repository).has(digest)) continue;
      this.#database.prepare('DELETE FROM layer WHERE repository = ? AND digest = ?').run(repository, digest);
    }
    for (const row of this.#database
      .prepare('SELECT * FROM blob WHERE digest NOT IN (SELECT digest FROM layer)')
      .all()) {
      const { digest, pieces } = BlobRow.parse(row);
      this.#database.prepare('DELETE FROM blob WHERE digest = ?').run(digest);
      this.#blobs.remove(pieces.map(({ file }) => file));
    }
    const files = this.#files();
    await this.#blobs.sweep((file) => stopped() || files.has(file));
  }

  /** A layer that is there again counts as new: its manifest may be on its way. */
  #addLayer(repository: string, digest: string): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO layer VALUES (?, ?, ?)')
      .run(repository, digest, this.#now());
  }

  #files(): Set<string> {
    const rows = this.#database.prepare('SELECT pieces FROM blob UNION ALL SELECT pieces FROM upload').all();
    return new Set(rows.flatMap(({ pieces }) => Pieces.parse(pieces).map(({ file }) => file)));
  }

  async #hashOf(upload: Upload): Promise<Hash> {
    const known = this.#hashes.get(upload.id);
    if (known !== undefined) return known;
    const hash = createHash('sha256');
    const size = sizeOf(upload.pieces);
    for await (const chunk of this.#blobs.read(upload.pieces, 0, size - 1)) hash.update(chunk);
    this.#hashes.set(upload.id, hash);
    return hash;
  }
}

export function sizeOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { size }) => sum + size, 0);
}

async function* hashed(source: AsyncIterable<Buffer>, hash: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    hash.update(chunk);
    yield chunk;
  }
}
