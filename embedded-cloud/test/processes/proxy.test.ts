import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { GroupProxy } from '../../src/processes/proxy.ts';
import { eventually } from '../../test-kit/patience.ts';

let replica: Server;
let proxy: GroupProxy;
let url: string;
let port: number;
let counted: number[];
/** What the replica does with a connection. */
let behave: (socket: Socket) => void;

beforeEach(async () => {
  counted = [];
  replica = createServer((socket) => {
    socket.on('error', () => {});
    behave(socket);
  });
  await new Promise<void>((resolve) => replica.listen(0, '127.0.0.1', resolve));
  const address = replica.address();
  if (address === null || typeof address === 'string') throw new Error('The replica has no port.');
  const endpoint = { port: address.port, inFlight: 0 };
  proxy = new GroupProxy({
    choose: (tried) =>
      tried.has(endpoint) ? undefined : { endpoint, answered: (status) => counted.push(status) },
    whyNone: () => 'no replica',
  });
  port = await proxy.listen(0);
  url = `http://127.0.0.1:${port}/`;
});
afterEach(async () => {
  await proxy.close();
  replica.close();
});

const saying = (text: string) => (socket: Socket) => socket.once('data', () => socket.end(text, 'latin1'));

it.each([
  ['a status below 100', 'HTTP/1.1 099 x\r\ncontent-length: 0\r\n\r\n', 502],
  ['control characters in the reason', 'HTTP/1.1 200 a\x01b\r\ncontent-length: 0\r\n\r\n', 200],
  ['control characters in a header', 'HTTP/1.1 200 OK\r\nx-a: a\x01b\r\ncontent-length: 0\r\n\r\n', 502],
  ['an upgrade that was not asked for', 'HTTP/1.1 101 x\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n', 502],
  ['no answer', '', 502],
])('an answer with %s ends no cloud, and is counted once', async (_name, answer, status) => {
  behave = saying(answer);

  expect((await fetch(url)).status).toBe(status);
  expect(counted).toEqual([status]);
});

it('an answer that comes before the upload has ended is passed on, and counted once', async () => {
  behave = (socket) =>
    socket.once('data', () => {
      socket.write('HTTP/1.1 413 x\r\ncontent-length: 3\r\nconnection: close\r\n\r\nbig');
      socket.destroySoon();
      socket.resetAndDestroy();
    });

  const answer = await fetch(url, { method: 'POST', body: Buffer.alloc(30_000_000) });

  expect([answer.status, await answer.text()]).toEqual([413, 'big']);
  expect(counted).toEqual([413]);
});

it('an offer of an upgrade that is no WebSocket is an ordinary request, with its body', async () => {
  let received = '';
  behave = (socket) =>
    socket.on('data', (chunk) => {
      received += String(chunk);
      if (received.endsWith('hello')) socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
    });
  const client = connect(port, '127.0.0.1');
  let answer = '';
  client.on('data', (chunk) => (answer += String(chunk)));

  client.write(
    'POST / HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: h2c\r\ncontent-length: 5\r\n\r\nhello',
  );

  await eventually(() => expect(answer).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*ok$/));
  expect(received).not.toMatch(/upgrade/i);
  client.destroy();
});

it.each(['before', 'after'])(
  'a client that resets its connection %s it was upgraded ends no cloud',
  async (when) => {
    const { promise: arrived, resolve } = Promise.withResolvers<Socket>();
    behave = (socket) => socket.once('data', () => resolve(socket));
    const client = connect(port, '127.0.0.1');
    client.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n');
    const socket = await arrived;
    if (when === 'after') {
      socket.write('HTTP/1.1 101 x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
      await new Promise((done) => client.once('data', done));
    }

    client.resetAndDestroy();

    await eventually(() => expect(socket.closed).toBe(true));
    behave = saying('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
    expect((await fetch(url)).status).toBe(200);
  },
);
