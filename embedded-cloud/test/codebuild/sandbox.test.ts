import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bubblewrap, type Sandbox } from '../../src/codebuild/sandbox.ts';
import { needs } from '../../test-kit/tools.ts';
import { own } from './build-cloud.ts';
import { openClouds, processesWith, spec } from './open-clouds.ts';

const { setUp } = openClouds();

describe('the sandbox', needs('bubblewrap'), () => {
  it('hides the state folder, the home and the processes of the user, and has no capabilities', async () => {
    const { finish, cloud } = await setUp({
      sandbox: bubblewrap,
      buildspec: spec(
        'ls "$STATE" 2>&1 | tail -1',
        'ls /root /home 2>&1 | head -1',
        'grep CapEff /proc/self/status; id -u',
        'ls /proc | grep -c "^[0-9]"',
        'touch /usr/x 2>&1 | tail -1; touch "$CODEBUILD_SRC_DIR/x" && echo own',
      ),
    });

    const { lines } = await finish({
      environmentVariablesOverride: [{ name: 'STATE', value: cloud.folder }],
    });

    const [state, home, capabilities, user, processes, system, source] = own(lines);
    expect(state).toMatch(/No such file/);
    expect(home).toMatch(/No such file|cannot access/);
    expect(capabilities).toMatch(/0000000000000000$/);
    expect(user).toBe('1000');
    expect(Number(processes)).toBeLessThan(12);
    expect(system).toMatch(/Read-only file system/);
    expect(source).toBe('own');
  });
});

describe('what builds see of the machine', needs('bubblewrap'), () => {
  const { HOME: home = '/nowhere' } = process.env;

  it('has a user with a name and a home, no users of this machine, and its programs outside of homes', async () => {
    const { finish } = await setUp({
      sandbox: bubblewrap,
      buildspec: spec(
        'whoami; node -p "os.userInfo().homedir"; node -p "os.userInfo().shell"; wc -l < /etc/passwd',
        `case ":$PATH:" in *:${home}/*) echo "of the home";; *) echo none;; esac`,
        'test -e /etc/shadow || echo hidden; test -d /etc/alternatives -o ! -d "$ALTERNATIVES" && echo shown',
      ),
    });

    const { lines } = await finish({
      environmentVariablesOverride: [
        { name: 'ALTERNATIVES', value: existsSync('/etc/alternatives') ? '/usr' : '/none' },
      ],
    });

    expect(own(lines)).toEqual([
      ...['codebuild', '/codebuild/home', '/bin/sh', '3'],
      ...['none', 'hidden', 'shown'],
    ]);
  });

  it('shows what Debian’s packages keep in /etc: Java compiles', needs('javac'), async () => {
    const { finish } = await setUp({
      sandbox: bubblewrap,
      buildspec: spec(
        'echo "class A { public static void main(String[] a) { System.out.println(41 + 1); } }" > A.java',
        'javac A.java && java A',
      ),
    });

    const { lines } = await finish();

    expect(own(lines)).toEqual(['42']);
  });

  it('that cannot be set up fails the build, with its own words in the phase and in the log', async () => {
    const broken: Sandbox = {
      ...bubblewrap,
      wrap: (...given) => {
        const [program = '', ...args] = bubblewrap.wrap(...given);
        return [program, '--ro-bind', '/no/such/folder', '/x', ...args];
      },
    };
    const { finish } = await setUp({ sandbox: broken, buildspec: spec('echo never') });

    const { build, lines } = await finish();

    expect(build.buildStatus).toBe('FAULT');
    const failed = build.phases.find(({ phaseStatus }) => phaseStatus === 'FAULT');
    expect(failed).toMatchObject({
      phaseType: 'DOWNLOAD_SOURCE',
      contexts: [
        { statusCode: 'INTERNAL_ERROR', message: expect.stringMatching(/bwrap: .*\/no\/such\/folder/) },
      ],
    });
    expect(lines.join('\n')).toMatch(/Phase context status code: INTERNAL_ERROR Message: .*bwrap: /);
  });
});

describe('a build whose cloud was killed', needs('bubblewrap'), () => {
  for (const kind of ['bubblewrap', 'plain']) {
    it(`leaves no process behind in the sandbox ${kind}`, async () => {
      const mark = `654${process.pid}${Date.now() % 100_000}`;
      const folder = mkdtempSync(join(tmpdir(), 'killed-cloud-'));
      const lib = new URL('../../src/codebuild/', import.meta.url).href;
      const program = `
        import { mkdirSync } from 'node:fs';
        const { Session } = await import('${lib}session.ts');
        const sandboxes = await import('${lib}sandbox.ts');
        const host = Object.fromEntries(
          ['output', 'home', 'temporary', 'state', 'scripts'].map((name) => [name, '${folder}/' + name]));
        for (const path of Object.values(host)) mkdirSync(path);
        const session = await Session.start({
          sandbox: sandboxes['${kind}'], host, shell: '/bin/sh',
          limits: { kind: 'none', wrap: (c) => [...c], wrapInside: (c) => [...c], groups: [], release: async () => {} },
        });
        session.begin({
          environment: { PATH: '/usr/bin:/bin' }, lines: async () => {},
          folder: sandboxes['${kind}'].inside(host).output,
        });
        await session.run('sleep ${mark}', true);`;
      const cloud = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' });
      await expect.poll(() => processesWith(mark)).not.toEqual([]);

      cloud.kill('SIGKILL');

      await expect.poll(() => processesWith(mark)).toEqual([]);
      rmSync(folder, { recursive: true, force: true });
    });
  }
});
