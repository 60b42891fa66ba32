import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { startCloud } from '../../src/cloud.ts';
import { s3 } from '../../src/s3/index.ts';
import { writeAssembly } from '../../test-kit/assembly.ts';
import { eventually } from '../../test-kit/patience.ts';
import { BUCKETS } from './cloud.ts';

const line = z.object({
  kind: z.enum(['sent', 'acknowledged']),
  key: z.string(),
  round: z.number(),
  sha256: z.string(),
});
type Line = z.infer<typeof line>;

/** Runs the writer until it has had `count` puts acknowledged, and kills it in the midst of the next. */
async function writeAndKill(assembly: string, stateDir: string, count: number): Promise<Line[]> {
  const writer = spawn(process.execPath, [join(import.meta.dirname, 'crash-writer.ts'), assembly, stateDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(writer, 'exit');
  const lines: Line[] = [];
  let acknowledged = 0;
  for await (const text of createInterface({ input: writer.stdout })) {
    const parsed = line.parse(JSON.parse(text));
    lines.push(parsed);
    if (parsed.kind === 'acknowledged' && ++acknowledged === count) writer.kill('SIGKILL');
  }
  await exited;
  return lines;
}

/** For each key, the digest last acknowledged and those sent after it: one of these must be there. */
function expected(lines: readonly Line[]): Map<string, string[]> {
  const candidates = new Map<string, string[]>();
  for (const { kind, key, sha256 } of lines) {
    if (kind === 'acknowledged') candidates.set(key, [sha256]);
    else candidates.set(key, [...(candidates.get(key) ?? []), sha256]);
  }
  return candidates;
}

test('after kill -9 every acknowledged object is there whole, and nothing half-written stays', async () => {
  using folder = writeAssembly({ Test: { Resources: BUCKETS } });
  const { assembly, stateDir } = folder;

  for (const count of [5, 23, 60]) {
    const lines = await writeAndKill(assembly, stateDir, count);
    const blobs = join(stateDir, 's3', 'blobs');
    const orphan = join(blobs, '00', '0'.repeat(32));
    writeFileSync(orphan, 'written, and killed before its row');

    const running = await startCloud({ assembly, stateDir, services: [s3], log: () => undefined });
    const client = new S3Client({
      region: 'us-east-1',
      endpoint: running.endpoint,
      forcePathStyle: true,
      credentials: running.operator,
    });
    try {
      const acknowledged = new Set(lines.filter(({ kind }) => kind === 'acknowledged').map(({ key }) => key));
      const candidates = expected(lines);
      expect(acknowledged.size).toBeGreaterThan(0);
      for (const Key of acknowledged) {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: 'plain', Key }));
        const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
        expect(candidates.get(Key)).toContain(createHash('sha256').update(bytes).digest('hex'));
      }
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: 'plain' }));
      // Files of interrupted puts are swept; those of parts that were never completed belong to their upload.
      await eventually(() => {
        expect(existsSync(orphan)).toBe(false);
        const files = readdirSync(blobs, { recursive: true, withFileTypes: true }).filter((entry) =>
          entry.isFile(),
        );
        expect(files.length).toBeLessThanOrEqual(Contents.length + 3);
        expect(files.length).toBeGreaterThanOrEqual(Contents.length);
      });
    } finally {
      client.destroy();
      await running.stop();
    }
  }
});
