import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { bubblewrap, plain } from '../../src/codebuild/sandbox.ts';
import { eventually } from '../../test-kit/patience.ts';
import { needs } from '../../test-kit/tools.ts';
import { own } from './build-cloud.ts';
import { openClouds, processesWith, spec } from './open-clouds.ts';

const { setUp } = openClouds();

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
