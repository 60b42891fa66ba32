import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../../test-kit/patience.ts';
import { newMark, processesWith } from '../../test-kit/processes.ts';
import { needs } from '../../test-kit/tools.ts';
import { Scene } from './scene.ts';

let scene: Scene;
afterEach(() => scene.close());

const shell = (...commands: string[]): string =>
  `console.log(require('node:child_process').execSync(${JSON.stringify(commands.join('; '))}).toString()); setInterval(() => {}, 1000)`;

async function worker(code: string, more: object = {}, isolation?: 'bubblewrap' | 'plain'): Promise<void> {
  scene = await Scene.open(isolation && { isolation });
  await scene.group('probe', 'worker');
  await scene.version(code, { Environment: { SECRET: 'hunter2' }, ...more }, 'probe');
}

describe('a replica', () => {
  it(
    'sees its code and the system, both read-only, and no files and processes of the user',
    needs('bubblewrap'),
    async () => {
      await worker(
        shell(
          `ls ${import.meta.dirname} 2>&1 | tail -1`,
          'echo x 2>/dev/null > x || echo read-only',
          'echo x > /tmp/x && cat /tmp/x',
          'ls',
          'whoami',
          'grep CapEff /proc/self/status',
          'ls /proc | grep -c "^[0-9]"',
          'echo $SECRET',
        ),
      );

      await eventually(async () => {
        const lines = await scene.lines('probe');
        expect(lines).toEqual(
          expect.arrayContaining([
            'read-only',
            'x',
            'server.js',
            'codebuild',
            'hunter2',
            'CapEff:\t0000000000000000',
          ]),
        );
        expect(lines.join('\n')).toMatch(/No such file/);
      });
    },
  );

  it('shows its variables to no other user of the machine', needs('bubblewrap', '/proc'), async () => {
    await worker(shell('echo ready'));
    await eventually(async () => expect(await scene.lines('probe')).toContain('ready'));

    expect(processesWith('hunter2')).toEqual([]);
  });

  it('without a sandbox says so in its log, and cannot hide from its end', needs('/proc'), async () => {
    const mark = newMark();
    await worker(shell(`(setsid sleep ${mark} >/dev/null 2>&1 &)`, 'echo ready'), {}, 'plain');
    await eventually(async () => {
      expect(await scene.lines('probe')).toEqual(
        expect.arrayContaining([expect.stringContaining('replica 1 starts (no sandbox'), 'ready']),
      );
    });

    await scene.call('DeleteGroup', { GroupName: 'probe' });

    expect(processesWith(mark)).toEqual([]);
  });

  it('ends when it takes more memory than it may', needs('limits'), async () => {
    await worker('const all = []; setInterval(() => all.push(Buffer.alloc(2 ** 24, 1)), 10)', {
      MemoryMb: 96,
    });

    await eventually(async () => {
      const said = (await scene.lines('probe')).join('\n');
      expect(said).toMatch(/memory not limited to 96 MB|perhaps for more than 96 MB of memory/);
    });
  });
});
