import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { codebuild } from '../../src/codebuild/index.ts';
import { bubblewrap, plain, type Sandbox } from '../../src/codebuild/sandbox.ts';
import { logs } from '../../src/logs/index.ts';
import { eventually } from '../../test-kit/patience.ts';
import { needs } from '../../test-kit/tools.ts';
import { answers, codeBuildCloud, own, type Setup } from './build-cloud.ts';
import { OPERATOR, type ScriptedCloud, scriptedCloud } from './scripted-cloud.ts';

const open: ScriptedCloud[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const cloud of open.splice(0)) await cloud.close();
});

async function setUp(setup: Setup) {
  const made = await codeBuildCloud(setup);
  open.push(made.cloud);
  return made;
}

const spec = (...commands: string[]) => JSON.stringify({ version: 0.2, phases: { build: { commands } } });

const sandboxes = [
  { name: 'a plain process', sandbox: plain, options: needs() },
  { name: 'bubblewrap', sandbox: bubblewrap, options: needs('bubblewrap') },
];

for (const { name, sandbox, options } of sandboxes) {
  describe(`a build in ${name}`, options, () => {
    it('carries folder and exported variables from command to command, and forgets what was unset', async () => {
      const { finish } = await setUp({
        sandbox,
        buildspec: spec(
          'mkdir -p "a b" && cd "a b" && export GREETING="it\'s me"',
          'echo "$GREETING in $(basename "$PWD")"; unset GREETING',
          'echo "[$GREETING]"',
          'exit 0',
          'node -e "console.log(40 + 2)"',
        ),
      });

      const { build, lines } = await finish();

      expect(own(lines)).toEqual(["it's me in a b", '[]', '42']);
      expect(build.buildStatus).toBe('SUCCEEDED');
      expect(build.phases.map((phase) => phase.phaseType)).toEqual([
        ...[
          'SUBMITTED',
          'QUEUED',
          'PROVISIONING',
          'DOWNLOAD_SOURCE',
          'INSTALL',
          'PRE_BUILD',
          'BUILD',
          'POST_BUILD',
        ],
        ...['UPLOAD_ARTIFACTS', 'FINALIZING', 'COMPLETED'],
      ]);
    });

    it('gives the variables of CodeBuild, of the project and of the call, and nothing of its own', async () => {
      vi.stubEnv('SECRET_OF_THE_PARENT', 'leak');
      const { finish, cloud } = await setUp({
        sandbox,
        buildspec: spec('env', 'echo "home is writable: $(touch ~/x && echo yes)"'),
        properties: {
          Environment: {
            ...{
              Type: 'LINUX_CONTAINER',
              Image: 'aws/codebuild/standard:7.0',
              ComputeType: 'BUILD_GENERAL1_SMALL',
            },
            EnvironmentVariables: [
              { Name: 'A', Value: 'project' },
              { Name: 'B', Value: 'project' },
            ],
          },
        },
      });

      const { build, lines } = await finish({ environmentVariablesOverride: [{ name: 'B', value: 'call' }] });

      expect(lines).toEqual(
        expect.arrayContaining([
          ...['A=project', 'B=call', `CODEBUILD_BUILD_ID=${build.id}`, 'CODEBUILD_BUILD_NUMBER=1'],
          ...[
            'CODEBUILD_BUILD_SUCCEEDING=1',
            `AWS_ENDPOINT_URL=${cloud.endpoint}`,
            'AWS_ACCESS_KEY_ID=AKIATEST',
          ],
          'home is writable: yes',
        ]),
      );
      expect(lines.join('\n')).not.toContain('SECRET_OF_THE_PARENT');
    });

    it('has the certificates that the machine’s environment names', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'certificates-'));
      const file = join(folder, 'proxy.pem');
      writeFileSync(file, '-----BEGIN CERTIFICATE-----\n');
      vi.stubEnv('NODE_EXTRA_CA_CERTS', file);
      const { finish } = await setUp({ sandbox, buildspec: spec('cat "$NODE_EXTRA_CA_CERTS"') });

      const { lines } = await finish();
      rmSync(folder, { recursive: true });

      expect(own(lines)).toContain('-----BEGIN CERTIFICATE-----');
    });

    it('has outputs that can be opened by their names, and keeps their lines in order', async () => {
      const { finish } = await setUp({
        sandbox,
        buildspec: spec(
          'echo 1; echo 2 > /dev/stderr; echo 3 | tee /dev/stderr; echo 4 > /proc/self/fd/1; echo 5 >&2',
          "node -e \"fs.appendFileSync('/dev/stdout', '6\\n')\"",
        ),
      });

      const { lines } = await finish();

      expect(own(lines)).toEqual(['1', '2', '3', '3', '4', '5', '6']);
    });

    it('runs POST_BUILD after a failed BUILD and says which command failed', async () => {
      const { finish } = await setUp({
        sandbox,
        buildspec: JSON.stringify({
          version: 0.2,
          phases: {
            build: { commands: ['exit 3', 'echo never'], finally: ['echo finally'] },
            post_build: { commands: ['echo "succeeding: $CODEBUILD_BUILD_SUCCEEDING"'] },
          },
        }),
      });

      const { build, lines } = await finish();

      expect(build.buildStatus).toBe('FAILED');
      expect(own(lines)).toEqual(['finally', 'succeeding: 0']);
      expect(build.phases.find((phase) => phase.phaseType === 'BUILD')).toMatchObject({
        phaseStatus: 'FAILED',
        contexts: [
          {
            statusCode: 'COMMAND_EXECUTION_ERROR',
            message: 'Error while executing command: exit 3. Reason: exit status 3',
          },
        ],
      });
    });

    it('ends every process of a stopped build, also those that ignore SIGTERM or left their parents', async () => {
      const mark = `987${process.pid}${Date.now() % 100_000}`;
      const { start, get, lines, service, call } = await setUp({
        sandbox,
        buildspec: spec(`(trap '' TERM; sleep ${mark}) & (sleep ${mark} &) ; echo ready; sleep ${mark}`),
      });
      const { id, logs: place } = await start();
      await eventually(async () => expect(await lines(place.streamName)).toContain('ready'));
      expect(processesWith(mark)).not.toEqual([]);

      await call('codebuild', 'StopBuild', { id });
      await service.whenBuildEnds(id);

      expect((await get(id)).buildStatus).toBe('STOPPED');
      await expect.poll(() => processesWith(mark)).toEqual([]);
    });

    it('takes a flood of output in order and cuts lines at 256 KB', async () => {
      const { finish, call } = await setUp({
        sandbox,
        buildspec: spec('seq 1 50000', 'head -c 600000 /dev/zero | tr "\\0" x; echo; echo last'),
      });

      const { build, lines } = await finish();

      const second = z.object({ events: z.array(z.object({ message: z.string() })) }).parse(
        await call('logs', 'GetLogEvents', {
          logGroupName: '/aws/codebuild/demo',
          logStreamName: build.logs.streamName,
          limit: 30,
        }),
      );
      const long = second.events.map((event) => event.message).find((line) => line.startsWith('xxx'));
      expect(build.buildStatus).toBe('SUCCEEDED');
      expect(own(lines).slice(0, 3)).toEqual(['1', '2', '3']);
      expect(second.events.map((event) => event.message)).toContain('last');
      expect(long).toMatch(/x \[line cut here: longer than 256 KB\]$/);
      expect(long?.length).toBeLessThan(262_144);
    });
  });
}

/** Command lines of processes that hold `mark` as an argument. */
function processesWith(mark: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      } catch {
        return '';
      }
    })
    .filter((line) => line.split('\0').includes(mark) && line.startsWith('sleep'));
}

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

describe('a fork bomb', needs('bubblewrap', 'limits'), () => {
  it('meets the limit of processes and fails its own build only', async () => {
    const { finish } = await setUp({
      sandbox: bubblewrap,
      buildspec: spec('i=0; while [ $i -lt 1500 ]; do sleep 300 & i=$((i+1)); done; echo "started all"'),
    });

    const { build, lines } = await finish();

    expect(lines.join('\n')).toMatch(/Cannot fork/);
    expect(build.buildStatus).toBe('FAILED');
  });
});

describe('StartBuild', () => {
  it('repeats nothing for the same idempotency token, and refuses it for other parameters', async () => {
    const { start } = await setUp({ sandbox: plain, buildspec: spec('true') });

    const first = await start({ idempotencyToken: 'once' });
    const second = await start({ idempotencyToken: 'once' });

    expect(second.id).toBe(first.id);
    await expect(start({ idempotencyToken: 'once', sourceVersion: 'x' })).rejects.toThrow(
      /idempotency token/,
    );
  });

  it('lets builds wait for their turn, and a waiting build can be stopped', async () => {
    const { start, get, call, service } = await setUp({
      sandbox: plain,
      buildspec: spec('sleep 600'),
      properties: { ConcurrentBuildLimit: 1 },
    });
    const running = await start();
    const waiting = await start();
    await eventually(async () => expect((await get(running.id)).currentPhase).toBe('BUILD'));

    expect((await get(waiting.id)).currentPhase).toBe('QUEUED');
    await call('codebuild', 'StopBuild', { id: waiting.id });
    await call('codebuild', 'StopBuild', { id: running.id });
    await service.whenBuildEnds(waiting.id);
    await service.whenBuildEnds(running.id);

    expect((await get(waiting.id)).buildStatus).toBe('STOPPED');
    expect((await get(running.id)).buildStatus).toBe('STOPPED');
  });

  it('fails the build when the role may not write its log', async () => {
    const { cloud, start, get, service } = await setUp({ sandbox: plain, buildspec: spec('true') });
    await cloud.as(OPERATOR)('logs', 'CreateLogGroup', { logGroupName: '/aws/codebuild/demo' });
    cloud.denied.add('logs:PutLogEvents');

    const { id } = await start();
    await service.whenBuildEnds(id);

    const build = await get(id);
    expect(build.buildStatus).toBe('FAILED');
    expect(build.phases.find((phase) => phase.phaseType === 'PROVISIONING')?.contexts?.[0]?.statusCode).toBe(
      'ACCESS_DENIED',
    );
  });

  it('fails DOWNLOAD_SOURCE for a buildspec that is none', async () => {
    const { finish } = await setUp({ sandbox: plain, buildspec: 'version: 0.2\nphases:\n  biuld: {}\n' });

    const { build } = await finish();

    expect(build.phases.find((phase) => phase.phaseType === 'DOWNLOAD_SOURCE')).toMatchObject({
      phaseStatus: 'FAILED',
      contexts: [{ statusCode: 'YAML_FILE_ERROR' }],
    });
  });

  it('times a build out', async () => {
    const { cloud, start, get, service } = await setUp({ sandbox: plain, buildspec: spec('sleep 600') });
    const { id } = await start({ timeoutInMinutesOverride: 5 });
    await eventually(async () => expect((await get(id)).currentPhase).toBe('BUILD'));
    cloud.clock = () => Date.now() + 6 * 60_000;

    await service.whenBuildEnds(id);

    const build = await get(id);
    expect(build.buildStatus).toBe('TIMED_OUT');
    expect(build.phases.find((phase) => phase.phaseType === 'BUILD')?.phaseStatus).toBe('TIMED_OUT');
  });

  it('tells the bus of every phase and of the beginning and end, in the shape of AWS', async () => {
    const { cloud, finish } = await setUp({ sandbox: plain, buildspec: spec('true') });

    const { build } = await finish();
    await turn();

    const sent = cloud.calls
      .filter((call) => call.action === 'PutServiceEvents')
      .map(
        (call) =>
          z
            .object({ Entries: z.array(z.object({ DetailType: z.string(), Detail: z.string() })) })
            .parse(call.input).Entries[0],
      );
    const states = sent.filter((entry) => entry?.DetailType === 'CodeBuild Build State Change');
    expect(states.map((entry) => JSON.parse(entry?.Detail ?? '{}')['build-status'])).toEqual([
      'IN_PROGRESS',
      'SUCCEEDED',
    ]);
    const last = JSON.parse(states[1]?.Detail ?? '{}');
    expect(last['build-id']).toBe(build.arn);
    expect(last['additional-information']['build-start-time']).toMatch(
      /^[A-Z][a-z]{2} \d{1,2}, \d{4} \d{1,2}:\d\d:\d\d [AP]M$/,
    );
    expect(last['additional-information'].phases).toHaveLength(11);
  });
});

describe('after a crash', () => {
  it('a stop of the cloud in the middle of a build is no other than a crash', async () => {
    const { cloud, start, get } = await setUp({ sandbox: plain, buildspec: spec('sleep 600') });
    const ran = await start();
    await eventually(async () => expect((await get(ran.id)).currentPhase).toBe('BUILD'));

    open.splice(open.indexOf(cloud), 1); // its folder lives on in the second instance
    await cloud.service('codebuild').stop?.();
    const restarted = scriptedCloud(cloud.folder);
    restarted.answers.set('events:PutServiceEvents', () => ({}));
    restarted.add(logs(restarted));
    const service = codebuild(restarted, { sandbox: plain });
    restarted.add(service);
    await service.start?.();

    const [found] = answers.parse(
      await restarted.as(OPERATOR)('codebuild', 'BatchGetBuilds', { ids: [ran.id] }),
    ).builds;
    await restarted.close();
    expect(found?.buildStatus).toBe('FAULT');
  });

  it('builds that ran become FAULT and those that waited go on', async () => {
    const { cloud, start, get } = await setUp({
      sandbox: plain,
      buildspec: spec('sleep 600'),
      properties: { ConcurrentBuildLimit: 1 },
    });
    const ran = await start();
    const waited = await start();
    await eventually(async () => expect((await get(ran.id)).currentPhase).toBe('BUILD'));

    // A second instance on what is on the disk now is what a restart sees.
    const copy = mkdtempSync(join(tmpdir(), 'scripted-cloud-'));
    cpSync(cloud.folder, copy, { recursive: true });
    const restarted = scriptedCloud(copy);
    restarted.answers.set('events:PutServiceEvents', () => ({}));
    restarted.add(logs(restarted));
    const service = codebuild(restarted, { sandbox: plain });
    restarted.add(service);
    open.push(restarted);
    await service.start?.();

    const [first, second] = answers.parse(
      await restarted.as(OPERATOR)('codebuild', 'BatchGetBuilds', { ids: [ran.id, waited.id] }),
    ).builds;
    expect(first?.buildStatus).toBe('FAULT');
    expect(first?.phases.at(-2)?.contexts?.[0]?.message).toMatch(/machine that ran this build was lost/);
    expect(second?.buildStatus).toBe('IN_PROGRESS');
    await restarted.as(OPERATOR)('codebuild', 'StopBuild', { id: waited.id });
    await service.whenBuildEnds(waited.id);
  });
});
