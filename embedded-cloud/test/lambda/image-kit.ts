/** Images made on the fly: layers of files in memory, and a runtime in busybox that does what an event asks for. */
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { create, Header } from 'tar';
import { digestOf, OCI_MANIFEST, type Registry } from '../ecr/cloud.ts';

/** By path: what the file contains, `{ link }` for a symbolic link, `{ copy }` for a file of this machine. */
export type Files = Readonly<Record<string, string | { link: string } | { copy: string }>>;

/** A layer as a tar file. */
export async function layerOf(files: Files): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'layer-'));
  try {
    // The root of the image.
    chmodSync(folder, 0o755);
    for (const [path, content] of Object.entries(files)) {
      const at = join(folder, path);
      mkdirSync(dirname(at), { recursive: true });
      if (typeof content === 'string') writeFileSync(at, content, { mode: 0o755 });
      else if ('link' in content) symlinkSync(content.link, at);
      else copyFileSync(content.copy, at);
    }
    return await buffer(create({ cwd: folder, portable: true, preservePaths: true }, ['.']));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A layer of entries with owners; a path that ends with / is a folder. */
export function ownedLayer(entries: readonly { path: string; mode: number; owner: number }[]): Buffer {
  const headers = entries.map(({ path, mode, owner }) => {
    const header = Buffer.alloc(512);
    const type = path.endsWith('/') ? 'Directory' : 'File';
    new Header({ path, mode, uid: owner, gid: owner, size: 0, type, mtime: new Date(0) }).encode(header);
    return header;
  });
  return Buffer.concat([...headers, Buffer.alloc(1_024)]);
}

/** A runtime in the shell of busybox, which is at /bin/busybox. */
export const RUNTIME = `#!/bin/busybox sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
/bin/busybox echo "started as $0 $*"
while true; do
  /bin/busybox wget -q -S -O /tmp/event "$api/invocation/next" 2>/tmp/headers
  id=$(/bin/busybox sed -n 's/.*[Aa]ws-[Rr]equest-[Ii]d: *//p' /tmp/headers | /bin/busybox tr -d '\\r')
  command=$(/bin/busybox sed -e 's/^"//' -e 's/"$//' /tmp/event)
  answer=$(eval "$command" 2>&1 | /bin/busybox tr '\\n"' ' ')
  /bin/busybox echo "answering $id"
  /bin/busybox wget -q -O /dev/null --post-data "\\"$answer\\"" "$api/invocation/$id/response"
done
`;

/** An image whose function runs each event, a command of its shell, and answers with its output. */
export const shell: readonly Files[] = [
  {
    'bin/busybox': { copy: '/usr/bin/busybox' },
    'etc/kept': 'kept',
    'etc/gone': 'gone',
    sbin: { link: '/bin' },
  },
  { runtime: RUNTIME, 'etc/.wh.gone': '', 'sbin/late': '#!/bin/busybox sh\n' },
];

const ARCHITECTURE = process.arch === 'arm64' ? 'arm64' : 'amd64';

/** Pushes an image. @returns its digest */
export async function pushImage(
  registry: Registry,
  repository: string,
  tag: string,
  layers: readonly (Files | Buffer)[],
  { config = {}, architecture = ARCHITECTURE }: { config?: object; architecture?: string } = {},
): Promise<string> {
  const pushed = [];
  for (const files of layers) {
    const bytes = Buffer.isBuffer(files) ? files : gzipSync(await layerOf(files));
    await registry.pushLayer(repository, bytes);
    pushed.push({
      mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
      digest: digestOf(bytes),
      size: bytes.length,
    });
  }
  const document = Buffer.from(
    JSON.stringify({
      ...{ architecture, os: 'linux', rootfs: { type: 'layers', diff_ids: [] } },
      config: { Entrypoint: ['/runtime'], Cmd: ['from-image'], Env: ['GREETING=hello'], ...config },
    }),
  );
  await registry.pushLayer(repository, document);
  const manifest = {
    ...{ schemaVersion: 2, mediaType: OCI_MANIFEST, layers: pushed },
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      digest: digestOf(document),
      size: document.length,
    },
  };
  const put = await registry.putManifest(repository, tag, manifest);
  if (put.status !== 201) throw new Error(`The image was not taken: ${put.status} ${await put.text()}`);
  return digestOf(JSON.stringify(manifest));
}
