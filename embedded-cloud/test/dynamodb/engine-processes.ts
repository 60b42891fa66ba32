/** The processes that an engine on a data folder consists of, and the ports of this machine on which it answers. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { PATIENCE } from '../../test-kit/patience.ts';
import { processesWith } from '../../test-kit/processes.ts';

const read = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');

/** The database itself: not bubblewrap, nor the shell that holds it where there is no bubblewrap. */
export function engineProcess(dataDir: string): number {
  const isEngine = (pid: string) => /^\S*(dynoxide|java)\0/.test(read(`/proc/${pid}/cmdline`));
  const found = processesWith(dataDir).filter(isEngine);
  if (found.length !== 1) throw new Error(`${found.length} engines run on ${dataDir}`);
  return Number(found[0]);
}

/** What the engine's process started before it became the engine. */
export function connectorProcess(dataDir: string): number {
  const parent = new RegExp(`^PPid:\\s${engineProcess(dataDir)}$`, 'm');
  const found = processesWith('connector.cjs').find((pid) => parent.test(read(`/proc/${pid}/status`)));
  return Number(found);
}

/** The other processes that have the folder in their command line. */
export function keepers(dataDir: string): number[] {
  const engine = engineProcess(dataDir);
  return processesWith(dataDir)
    .map(Number)
    .filter((pid) => pid !== engine && pid !== process.pid);
}

/** Every TCP port on which something listens in this process's network namespace. */
function listeningPorts(): number[] {
  const lines = ['tcp', 'tcp6'].flatMap((file) => read(`/proc/net/${file}`).split('\n').slice(1));
  const listening = lines.map((line) => line.trim().split(/\s+/)).filter(([, , , state]) => state === '0A');
  return [...new Set(listening.map(([, local = '']) => Number.parseInt(local.split(':')[1] ?? '', 16)))];
}

/** The ports that show the table to whoever asks. */
export async function portsThatShow(table: string): Promise<number[]> {
  const shows = async (port: number) => {
    const response = await fetch(`http://127.0.0.1:${port}/`, {
      method: 'POST',
      headers: {
        authorization:
          'AWS4-HMAC-SHA256 Credential=any/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
        'x-amz-date': '20260101T000000Z',
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': 'DynamoDB_20120810.ListTables',
      },
      body: '{}',
      signal: AbortSignal.timeout(PATIENCE.timeout / 4), // other programs of the machine may not speak HTTP
    }).catch(() => undefined);
    return ((await response?.text().catch(() => undefined)) ?? '').includes(table) ? [port] : [];
  };
  return (await Promise.all(listeningPorts().map(shows))).flat();
}

/** For the rest of the test, this machine is one on which bubblewrap may not make namespaces. */
export function withoutBubblewrap(): void {
  const folder = mkdtempSync(join(tmpdir(), 'path-'));
  writeFileSync(
    join(folder, 'bwrap'),
    '#!/bin/sh\necho "bwrap: No permissions to create a new namespace" >&2\nexit 1\n',
    {
      mode: 0o755,
    },
  );
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env.PATH}`);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });
}
