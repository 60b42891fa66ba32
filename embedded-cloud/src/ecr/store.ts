/** Repositories, images and tags on disk. */
import type { DatabaseSync } from 'node:sqlite';
import { transaction } from '../database.ts';
import { type Image, ImageRow, type Repository, RepositoryRow } from './schema.ts';

export class RepositoryStore {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  find(name: string): Repository | undefined {
    const row = this.#database.prepare('SELECT * FROM repository WHERE name = ?').get(name);
    return row && RepositoryRow.parse(row);
  }

  /** By name. */
  all(): Repository[] {
    const rows = this.#database.prepare('SELECT * FROM repository ORDER BY name').all();
    return rows.map((row) => RepositoryRow.parse(row));
  }

  put(repository: Repository): void {
    const { name, mutability, exclusions, scan_on_push, encryption, tags, policy, lifecycle, created } =
      repository;
    const settings = [name, mutability, JSON.stringify(exclusions), Number(scan_on_push)];
    const values = [...settings, JSON.stringify(encryption), JSON.stringify(tags)];
    this.#database
      .prepare('INSERT OR REPLACE INTO repository VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
      .run(...values, policy, lifecycle, created);
  }

  /** With its images; the bytes of its layers go with the next sweep. */
  remove(name: string): void {
    transaction(this.#database, () => {
      for (const table of ['image', 'tag', 'layer', 'upload'])
        this.#database.prepare(`DELETE FROM ${table} WHERE repository = ?`).run(name);
      this.#database.prepare('DELETE FROM repository WHERE name = ?').run(name);
    });
  }

  /** The newest first. */
  images(repository: string): Image[] {
    const rows = this.#database
      .prepare('SELECT * FROM image WHERE repository = ? ORDER BY pushed DESC, rowid DESC')
      .all(repository);
    return rows.map((row) => ImageRow.parse(row));
  }

  image(repository: string, digest: string): Image | undefined {
    const row = this.#database
      .prepare('SELECT * FROM image WHERE repository = ? AND digest = ?')
      .get(repository, digest);
    return row && ImageRow.parse(row);
  }

  /** The digest that a tag points at. */
  tagged(repository: string, tag: string): string | undefined {
    const row = this.#database
      .prepare('SELECT digest FROM tag WHERE repository = ? AND tag = ?')
      .get(repository, tag);
    return row && String(row.digest);
  }

  /** Tags and their digests, in lexical order; of one image when its digest is given. */
  tags(repository: string, digest?: string): { tag: string; digest: string }[] {
    const rows = this.#database
      .prepare('SELECT tag, digest FROM tag WHERE repository = ? AND (? IS NULL OR digest = ?) ORDER BY tag')
      .all(repository, digest ?? null, digest ?? null);
    return rows.map((row) => ({ tag: String(row.tag), digest: String(row.digest) }));
  }

  /** An image, and a tag for it, which leaves the image that it pointed at before. Both or nothing. */
  putImage(image: Image, tag: string | undefined): void {
    const { repository, digest, media_type, artifact_type, manifest, size, subject, pushed } = image;
    transaction(this.#database, () => {
      this.#database
        .prepare('INSERT OR IGNORE INTO image VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
        .run(repository, digest, media_type, artifact_type, manifest, size, subject, pushed);
      if (tag === undefined) return;
      this.#database.prepare('INSERT OR REPLACE INTO tag VALUES (?, ?, ?)').run(repository, tag, digest);
    });
  }

  /** An image with all of its tags. */
  removeImage(repository: string, digest: string): void {
    transaction(this.#database, () => {
      for (const table of ['image', 'tag'])
        this.#database
          .prepare(`DELETE FROM ${table} WHERE repository = ? AND digest = ?`)
          .run(repository, digest);
    });
  }

  /** One tag; the image goes with its last one, as BatchDeleteImage says. */
  removeTag(repository: string, tag: string): void {
    transaction(this.#database, () => {
      const digest = this.tagged(repository, tag);
      this.#database.prepare('DELETE FROM tag WHERE repository = ? AND tag = ?').run(repository, tag);
      if (digest === undefined || this.tags(repository, digest).length > 0) return;
      this.#database.prepare('DELETE FROM image WHERE repository = ? AND digest = ?').run(repository, digest);
    });
  }
}
