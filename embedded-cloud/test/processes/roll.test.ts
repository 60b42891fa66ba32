import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually, until } from '../../test-kit/patience.ts';
import { Scene, server } from './scene.ts';

let scene: Scene;
beforeEach(async () => {
  scene = await Scene.open();
  await scene.group();
});
afterEach(() => scene.close());

describe('a group', () => {
  it('serves a version at a URL that stays, with the number of replicas that was asked for', async () => {
    const url = await scene.url();
    const before = await scene.get();
    const version = await scene.version(server('one'), { Replicas: 2 });
    await scene.untilState(version, 'ready');
    const candidate = await scene.get();

    await scene.roll(version);

    expect(before).toEqual({ status: 503, body: '{"message":"No version of shop has traffic."}' });
    expect(candidate.status).toBe(503);
    expect(await scene.get()).toEqual({ status: 200, body: 'one' });
    expect(await scene.url()).toBe(url);
    expect((await scene.state(version)).Running.map(({ State }) => State)).toEqual(['ready', 'ready']);
  });

  it('is rolled to another version without a request that fails, and the former replicas end', async () => {
    const one = await scene.version(server('one'), { Replicas: 2 });
    await scene.roll(one);
    const url = await scene.url();
    const answers: string[] = [];
    let polling = true;
    const clients = Array.from({ length: 4 }, async () => {
      while (polling) {
        const response = await fetch(url, { method: 'POST', body: '!' });
        answers.push(`${response.status} ${await response.text()}`);
      }
    });
    await eventually(() => expect(answers.length).toBeGreaterThan(20));

    const two = await scene.version(server('two'), { Replicas: 2 });
    await scene.traffic([two, 100]);
    await eventually(() =>
      expect(answers.filter((answer) => answer === '200 two!').length).toBeGreaterThan(20),
    );
    await scene.untilState(one, 'stopped');
    polling = false;
    await Promise.all(clients);

    expect(new Set(answers)).toEqual(new Set(['200 one!', '200 two!']));
  });

  it('lets a replica answer the requests that it has before it is ended', async () => {
    const held = "if (request.url === '/slow') { setTimeout(() => response.end('late'), 300); return; }";
    const one = await scene.version(server('one', held));
    await scene.roll(one);
    const slow = scene.get('slow');
    await until(
      () => scene.state(one),
      ({ Running }) => Running.length === 1,
    );

    await scene.roll(await scene.version(server('two')));

    expect(await slow).toEqual({ status: 200, body: 'late' });
    expect((await scene.get()).body).toBe('two');
  });

  it('shares requests out by weight: of a hundred, ten to a version with 10 %', async () => {
    const one = await scene.version(server('one'), { Replicas: 2 });
    await scene.roll(one);
    const two = await scene.version(server('two'), { Replicas: 2 });
    await scene.traffic([one, 90], [two, 10]);
    await scene.until(({ Traffic }) => Traffic.length === 2);

    const bodies = [];
    for (let count = 0; count < 100; count++) bodies.push((await scene.get()).body);

    expect(bodies.filter((body) => body === 'two').length).toBe(10);
    expect((await scene.state(two)).Answers.reduce((sum, { Total }) => sum + Total, 0)).toBe(10);
  });

  it('goes back to a version that was stopped, which serves again once it is ready', async () => {
    const one = await scene.version(server('one'));
    await scene.roll(one);
    await scene.roll(await scene.version(server('two')));
    await scene.untilState(one, 'stopped');

    await scene.roll(one);

    expect((await scene.get()).body).toBe('one');
  });

  it('asks a version that has no traffic', async () => {
    await scene.roll(await scene.version(server('one')));
    const two = await scene.version(server('two'));
    await scene.untilState(two, 'ready');

    const answer = await scene.call('AskVersion', { GroupName: 'shop', Version: two, Path: '/health?x=1' });

    expect(answer).toMatchObject({ Status: 200, Body: 'two', Headers: { 'x-version': 'two' } });
    expect((await scene.get()).body).toBe('one');
  });

  it('starts a version that was stopped when it is asked, and the one with the traffic serves on', async () => {
    const one = await scene.version(server('one'));
    await scene.roll(one);
    await scene.roll(await scene.version(server('two')));
    await scene.untilState(one, 'stopped');

    const answer = await scene.call('AskVersion', { GroupName: 'shop', Version: one, Path: '/' });

    expect(answer).toMatchObject({ Status: 200, Body: 'one' });
    expect((await scene.get()).body).toBe('two');
  });

  it('drops a version without traffic, once or again, and never one that has it', async () => {
    const one = await scene.version(server('one'));
    await scene.roll(one);
    const two = await scene.version(server('two'));
    await scene.untilState(two, 'ready');

    for (const Version of [two, two, one]) await scene.call('DropCandidate', { GroupName: 'shop', Version });

    const { Candidate, Versions } = await scene.describe();
    expect([Candidate, Versions.map(({ State }) => State)]).toEqual([undefined, ['ready', 'stopped']]);
    expect((await scene.get()).body).toBe('one');
  });

  it('hands an upgraded connection through', async () => {
    const upgrade = `server.on('upgrade', (request, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\\r\\nupgrade: websocket\\r\\nconnection: upgrade\\r\\n\\r\\n');
      socket.pipe(socket);
    });`;
    await scene.roll(await scene.version(`${server('one')}${upgrade}`));
    const { hostname, port } = new URL(await scene.url());
    const socket = connect(Number(port), hostname);
    let received = '';
    socket.on('data', (chunk) => (received += chunk));

    socket.write('GET /echo HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n');
    await eventually(() => expect(received).toMatch(/^HTTP\/1\.1 101 /));
    socket.write('hello');

    await eventually(() => expect(received).toMatch(/\r\n\r\nhello$/));
    socket.destroy();
  });

  it('is gone when it is deleted, with its processes', async () => {
    await scene.roll(await scene.version(server('one')));
    const url = await scene.url();

    await scene.call('DeleteGroup', { GroupName: 'shop' });

    await expect(fetch(url)).rejects.toThrow();
    await expect(scene.describe()).rejects.toThrow('There is no process group shop.');
    expect(await scene.call('ListGroups', {})).toEqual({ GroupNames: [] });
  });
});
