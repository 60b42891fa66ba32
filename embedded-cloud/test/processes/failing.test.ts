import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually, until } from '../../test-kit/patience.ts';
import { Scene, server } from './scene.ts';

let scene: Scene;
beforeEach(async () => {
  scene = await Scene.open({ startMs: 3_000 });
  await scene.group();
});
afterEach(() => scene.close());

describe('a version that does not start', () => {
  it('is given up with the last lines of its log, and the former one serves on', async () => {
    await scene.roll(await scene.version(server('one')));
    const two = await scene.version(
      "console.error('no database at', process.env.DATABASE); process.exit(2);",
      {
        Environment: { DATABASE: 'db.example' },
      },
    );
    await scene.traffic([two, 100]);

    const { Failure } = await scene.untilState(two, 'failed');

    expect(Failure).toMatch(
      /^Replica 1 ended 3 times and was never ready: exit status 2\.\nIts last lines:\n/,
    );
    expect(Failure).toContain('no database at db.example');
    const { Wanted, Traffic } = await scene.describe();
    expect({ Wanted, Traffic }).toEqual({ Wanted: undefined, Traffic: [{ Version: 1, Percent: 100 }] });
    expect((await scene.get()).body).toBe('one');
  });

  it('is given up when it never listens', async () => {
    await scene.close();
    scene = await Scene.open({ startMs: 300, starts: 1 });
    await scene.group();
    const version = await scene.version('setInterval(() => {}, 1000)');

    const { Failure } = await scene.untilState(version, 'failed');

    expect(Failure).toContain('did not accept connections on 127.0.0.1, at the port that PORT names');
  });

  it('is tried anew when traffic is asked for it once more', async () => {
    const version = await scene.version('process.exit(1)');
    await scene.untilState(version, 'failed');

    await scene.traffic([version, 100]);

    expect((await scene.state(version)).State).toBe('starting');
    await scene.untilState(version, 'failed');
  });
});

describe('a replica that ends', () => {
  it('is started again, after pauses that grow, for as long as its version has traffic', async () => {
    const version = await scene.version(server('one'), { Replicas: 2 });
    await scene.roll(version);

    for (let count = 0; count < 8; count++) await scene.get('exit').catch(() => undefined);
    const { Exits } = await until(
      () => scene.state(version),
      ({ State, Exits }) => State === 'ready' && Exits.length >= 2,
    );

    expect(new Set(Exits.map(({ Reason }) => Reason))).toEqual(new Set(['exit status 3']));
    expect(await scene.get()).toEqual({ status: 200, body: 'one' });
  });

  it('leaves its requests to the other one', async () => {
    const version = await scene.version(server('one'), { Replicas: 2 });
    await scene.roll(version);
    const gone = await scene.get('exit').catch(() => ({ status: 502 }));

    const statuses = await Promise.all(Array.from({ length: 20 }, async () => (await scene.get()).status));

    expect(gone.status).toBe(502);
    expect(new Set(statuses)).toEqual(new Set([200]));
  });

  it('is told by the proxy when there is no other one', async () => {
    await scene.roll(await scene.version(server('one')));
    await scene.get('exit');

    const answer = await until(
      () => scene.get(),
      ({ status }) => status === 200 || status === 503,
    );

    expect([200, 503]).toContain(answer.status);
    await eventually(async () => expect(await scene.get()).toEqual({ status: 200, body: 'one' }));
  });
});

describe('a worker', () => {
  it('has no port and no URL, and is ready when it has run for a while', async () => {
    await scene.group('mailer', 'worker');
    const version = await scene.version(
      "console.log('port', process.env.PORT); setInterval(() => {}, 1000);",
      { Replicas: 2 },
      'mailer',
    );

    await scene.untilState(version, 'ready', 'mailer');

    expect((await scene.describe('mailer')).Url).toBeUndefined();
    await eventually(async () => expect(await scene.lines('mailer')).toContain('port undefined'));
  });
});

describe('logs', () => {
  it('have the lines of replicas, and what became of them', async () => {
    await scene.roll(await scene.version(server('one')));
    await scene.get('exit');

    await eventually(async () => {
      const lines = await scene.lines();
      expect(lines).toContain('one listens');
      expect(lines).toContain('replica 1 ended: exit status 3');
      expect(lines.find((line) => line.startsWith('replica 1 starts ('))).toMatch(/bubblewrap|no sandbox/);
    });
  });
});
