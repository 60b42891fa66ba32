import { describe, expect, test } from 'vitest';
import { ArchiveError, type ArchiveFormat, unpack } from '../../lib/archive/index.ts';
import type { Case } from './refused/case.ts';
import { TAR } from './refused/tar.ts';
import { ZIP } from './refused/zip.ts';
import { Sandbox } from './sandbox.ts';

async function refusalOf(bytes: Buffer, format: ArchiveFormat, into: string, one: Case): Promise<unknown> {
  return unpack(bytes, {
    format,
    into,
    stripComponents: one.strip ?? 0,
    folding: { letterCase: true, unicodeForm: true },
    ...(one.limits !== undefined && { limits: one.limits }),
  }).then(
    () => 'unpacked',
    (error: unknown) => error,
  );
}

describe.each([
  { format: 'tar.gz' as const, cases: TAR },
  { format: 'zip' as const, cases: ZIP },
])('a $format is refused that holds', ({ format, cases }) => {
  test.each(cases)('$claim ($code)', async (one) => {
    using sandbox = new Sandbox();

    const refusal = await refusalOf(one.bytes, format, sandbox.into, one);

    expect(refusal).toBeInstanceOf(ArchiveError);
    expect(refusal).toMatchObject({ code: one.code });
    expect(refusal instanceof ArchiveError && refusal.message).toMatch(/\.$/);
    expect(sandbox.outside()).toEqual({ 'outside.txt': 'untouched' });
  });
});
