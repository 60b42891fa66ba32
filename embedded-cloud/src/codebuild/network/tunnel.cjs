/**
 * A connection by the proxy of a build, on standard input and output: what OpenSSH, which reads no variables for
 * proxies, runs as its `ProxyCommand`. Started as `tunnel.cjs <proxy port> <host> <port>`.
 */
'use strict';
const { request } = require('node:http');

const [, , proxyPort, host, port] = process.argv;
const path = `${host.includes(':') ? `[${host}]` : host}:${port}`;

function fail(why) {
  process.stderr.write(`The proxy of the build does not lead to ${path}: ${why}\n`);
  process.exit(1);
}

const asked = request({ host: '127.0.0.1', port: proxyPort, method: 'CONNECT', path });
asked.on('error', (error) => fail(error.message));
asked.on('connect', (answer, socket, head) => {
  if (answer.statusCode !== 200) fail(`${answer.statusCode} ${head}`);
  socket.on('error', () => process.exit(1));
  socket.on('end', () => process.exit(0));
  process.stdout.on('error', () => process.exit(1));
  process.stdout.write(head);
  process.stdin.pipe(socket).pipe(process.stdout);
});
asked.end();
