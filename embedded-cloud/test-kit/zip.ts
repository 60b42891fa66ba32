import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';

/** A zip of small text files, the same bytes for the same files. */
export async function zip(files: Record<string, string>): Promise<Buffer> {
  const archive = new ZipFile();
  const mtime = new Date('2026-01-01T00:00:00Z');
  for (const [name, text] of Object.entries(files)) archive.addBuffer(Buffer.from(text), name, { mtime });
  archive.end();
  return buffer(archive.outputStream);
}
