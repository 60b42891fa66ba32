import { PassThrough, Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import {
  COMPRESSION_LEVEL,
  contentOf,
  type FileToPack,
  type Written,
  writeDigested,
} from './reproducible.ts';

/** Zip's time is a local one; yazl reads this one with local getters, so it is the same in every time zone. */
const FIXED_TIME = new Date(1980, 0, 1);

/** Packs files in the order given. @throws ArchiveError a file changed meanwhile. Links are kept as links (Info-ZIP's way: the target is the content). */
export async function writeZip(files: Iterable<FileToPack>, out: string): Promise<Written> {
  const zip = new ZipFile();
  const written = zip.outputStream.pipe(new PassThrough());
  zip.once('error', (error) => written.destroy(error));
  let open: Readable | undefined;
  for (const file of files) {
    const common = { mtime: FIXED_TIME, forceDosTimestamp: true };
    if (file.kind === 'link')
      zip.addBuffer(Buffer.from(file.target), file.name, { ...common, mode: 0o120777, compress: false });
    else
      zip.addReadStreamLazy(
        file.name,
        {
          ...common,
          mode: file.executable ? 0o100755 : 0o100644,
          compressionLevel: COMPRESSION_LEVEL,
          size: file.size,
        },
        (callback) => {
          open = Readable.from(contentOf(file), { objectMode: false });
          // yazl listens to errors of the files that it opens itself only.
          open.once('error', (error) => zip.emit('error', error));
          callback(null, open);
        },
      );
  }
  zip.end();
  try {
    return await writeDigested(written, out);
  } finally {
    open?.destroy();
  }
}
