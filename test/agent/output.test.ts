import { spawn } from 'node:child_process';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const PROGRAM = fileURLToPath(new URL('output-process.ts', import.meta.url));

/** What a reader of the agent's output gets when a command prints these chunks. */
async function printed(chunks: readonly (string | Buffer)[], secrets: readonly string[] = []) {
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(secrets)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(chunks.map((chunk) => `${Buffer.from(chunk).toString('base64')}\n`).join(''));
  const bytes = await buffer(child.stdout);
  const at = bytes.lastIndexOf('==> tail ');
  const tail: unknown = JSON.parse(bytes.subarray(at + '==> tail '.length).toString());
  return { output: bytes.subarray(0, at), tail };
}

describe('what the agent prints', () => {
  test('a secret in two chunks is masked in the log, and in the last lines', async () => {
    const { output, tail } = await printed(['login with hun', 'ter2 done\nhunter2', '\n'], ['hunter2']);

    expect(output.toString()).toBe('login with *** done\n***\n');
    expect(tail).toEqual(['login with *** done', '***']);
  });

  test('the beginning of a secret at the very end is shown, on a line that ends', async () => {
    const { output, tail } = await printed(['who hunts'.slice(0, 8)], ['hunter2']);

    expect(output.toString()).toBe('who hunt\n');
    expect(tail).toEqual(['who hunt']);
  });

  test('a line of a megabyte is broken, and no character of it', async () => {
    const line = Buffer.from('äöü€😀'.repeat(70_000));
    const chunks = Array.from({ length: Math.ceil(line.length / 4093) }, (_, index) =>
      line.subarray(index * 4093, (index + 1) * 4093),
    );

    const { output } = await printed(chunks);

    const lines = output.toString().split('\n');
    expect(lines.length).toBeGreaterThan(10);
    for (const part of lines) expect(Buffer.byteLength(part)).toBeLessThanOrEqual(64 * 1024 + 4096);
    expect(output.includes(Buffer.from('\ufffd'))).toBe(false);
    expect(lines.join('')).toBe(line.toString());
  });

  test('bytes that are no text come through as they are; the last lines are text for certain', async () => {
    const bytes = Buffer.from([0xff, 0xfe, 0x00, 0x80, 0x41, 0x0a, 0xc3]);

    const { output, tail } = await printed([bytes]);

    expect(output).toEqual(Buffer.concat([bytes, Buffer.from('\n')]));
    expect(tail).toEqual(['\ufffd\ufffd\ufffdA', '\ufffd']);
  });

  test('of a progress bar the last lines have its last state, without colours', async () => {
    const { tail } = await printed(['\u001b[32m 10%\r 50%\r', '100%\u001b[0m\r\n', 'done\r\n']);

    expect(tail).toEqual(['100%', 'done']);
  });
});
