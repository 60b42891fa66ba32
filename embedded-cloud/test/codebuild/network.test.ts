/** The network of a build: what it reaches of this machine, and what is outside. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { detectSandboxes } from '../../src/codebuild/isolation.ts';
import { needs, unless } from '../../test-kit/tools.ts';
import { codeBuildCloud, NO_ROOTLESS, own, type Setup } from './build-cloud.ts';

const { rootless } = await detectSandboxes();
const kinds = [
  { name: 'a build', privileged: false, options: needs('bubblewrap') },
  {
    name: 'a build that makes images',
    privileged: true,
    options: unless(rootless === undefined ? NO_ROOTLESS : undefined),
  },
];

const open: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of open) await close();
});

async function listening<T extends Server>(server: T, at: number | string = 0): Promise<T> {
  open.push(() => server.close());
  if (typeof at === 'string') server.listen(at);
  else server.listen(at, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const portOf = (server: Server): number => {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
};

async function setUp(setup: Setup, published: readonly number[] = []) {
  const made = await codeBuildCloud(setup);
  made.cloud.publicPorts = () => published;
  open.push(made.close);
  return made;
}

const spec = (...commands: string[]) => JSON.stringify({ version: 0.2, phases: { build: { commands } } });
const machine = (privileged: boolean) => ({
  Environment: {
    ...{ Type: 'LINUX_CONTAINER', Image: 'aws/codebuild/standard:7.0', ComputeType: 'BUILD_GENERAL1_SMALL' },
    PrivilegedMode: privileged,
  },
});

/** Sockets of this machine that listen: ports of TCP, and names of abstract Unix sockets (proc_net(5)). */
function listeners(): { ports: number[]; abstract: string[] } {
  const rows = (file: string) => readFileSync(file, 'utf8').trim().split('\n').slice(1);
  const tcp = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => {
    try {
      return rows(file);
    } catch {
      return [];
    }
  });
  const LISTEN = '0A';
  const ports = tcp
    .map((row) => row.trim().split(/\s+/))
    .filter(([, , , state]) => state === LISTEN)
    .map(([, local]) => Number.parseInt(local?.split(':').at(-1) ?? '', 16));
  const abstract = rows('/proc/net/unix')
    .map((row) => row.trim().split(/\s+/)[7] ?? '')
    .filter((name) => name.startsWith('@') && name.length > 1);
  return { ports: [...new Set(ports)], abstract: [...new Set(abstract)] };
}

/** Tries each, and says which of them took a connection. */
const TRY = `
const net = require('node:net');
const { ports, abstract } = JSON.parse(process.argv[1]);
const reach = (target) => new Promise((resolve) => {
  const socket = net.connect(target).once('connect', () => { socket.write('GET / HTTP/1.0\\\\r\\\\n\\\\r\\\\n'); })
    .once('data', () => { socket.destroy(); resolve(true); }).once('error', () => resolve(false)).once('close', () => resolve(false));
});
(async () => {
  const reached = [];
  for (const port of ports) if (await reach({ port, host: '127.0.0.1' })) reached.push(port);
  for (const name of abstract) if (await reach({ path: '\\\\0' + name.slice(1) })) reached.push(name);
  console.log(JSON.stringify(reached));
})();`;

for (const { name, privileged, options } of kinds)
  describe(name, options, () => {
    let published: number;
    let hidden: number;
    let site: Server;
    beforeAll(async () => {
      const answering = () => createHttpServer((_, response) => response.end('answered'));
      const [one, two, three] = await Promise.all([
        listening(answering()),
        listening(answering()),
        listening(answering()),
      ]);
      published = portOf(one);
      hidden = portOf(two);
      site = three;
    });

    it('reaches no socket of this machine but the ports that the cloud publishes', async () => {
      const secret = `codebuild-test-${process.pid}-${privileged}`;
      await listening(
        createServer((socket) => socket.end('secret')),
        `\0${secret}`,
      );
      const all = listeners();
      const { finish } = await setUp(
        {
          properties: machine(privileged),
          buildspec: spec(`node -e "${TRY.replaceAll('"', '\\"')}" "$TARGETS"`),
        },
        [published],
      );

      const { lines } = await finish({
        environmentVariablesOverride: [{ name: 'TARGETS', value: JSON.stringify(all) }],
      });

      expect(all.ports).toEqual(expect.arrayContaining([published, hidden]));
      expect(all.abstract.join()).toContain(secret);
      expect(own(lines), lines.join('\n')).toEqual([JSON.stringify([published])]);
    });

    it('lets ssh out by the same proxy', needs('ssh'), async () => {
      const greetings: string[] = [];
      const server = await listening(
        createServer((socket) => {
          socket.write('SSH-2.0-test\r\n');
          socket.once('data', (chunk) => {
            greetings.push(chunk.toString());
            socket.end();
          });
        }),
      );
      const { finish } = await setUp({
        properties: machine(privileged),
        reach: { named: new Set([`git.test:${portOf(server)}`]), resolve: async () => ['127.0.0.1'] },
        buildspec: spec(`ssh -o BatchMode=yes -p ${portOf(server)} git@git.test true; echo ended`),
      });

      const { lines } = await finish();

      expect(greetings[0], lines.join('\n')).toMatch(/^SSH-2\.0-OpenSSH/);
    });

    it('fetches from the internet by the proxy that its environment names, and nothing else by it', async () => {
      const outside = portOf(site);
      const { finish } = await setUp({
        properties: machine(privileged),
        reach: { named: new Set([`outside.test:${outside}`]), resolve: async () => ['127.0.0.1'] },
        buildspec: spec(
          `node -e "fetch('http://outside.test:${outside}/').then((a) => a.text()).then(console.log)"`,
          `node -e "fetch('http://inside.test:${hidden}/').catch((e) => console.log(util.inspect(e).match(/response \\(\\d+\\)/)[0]))"`,
          'cat /proc/net/route | wc -l; echo "$HTTPS_PROXY $NO_PROXY"',
        ),
      });

      const { lines } = await finish();

      expect(own(lines), lines.join('\n')).toEqual([
        ...['answered', 'response (403)', '1'],
        'http://127.0.0.1:3128 127.0.0.1,localhost',
      ]);
      expect(lines.join('\n')).toMatch(
        privileged
          ? /Isolation: bubblewrap, as root of a user namespace, with a network/
          : /Isolation: bubblewrap, with a network/,
      );
    });
  });
