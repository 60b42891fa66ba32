/**
 * A build's way out of its network namespace, where there is nothing but an empty loopback. It listens there on the same
 * ports as the cloud outside, and on one for the proxy, and hands every connection on to the socket that leads out.
 * What may be reached is decided at its other end. Started as `relay.cjs <socket> <proxy port> <port>…`; writes a
 * line once it listens.
 */
'use strict';
const { connect, createServer } = require('node:net');
const { writeSync } = require('node:fs');

const [, , path, proxyPort, ...ports] = process.argv;

// A build that is asked to end may still have something to tell. The namespace ends this process.
process.on('SIGTERM', () => {});
process.on('SIGHUP', () => {});

function join(client, outward) {
  client.pipe(outward);
  outward.pipe(client);
}

/** Asks for the port outside first, and passes nothing on until that is granted. */
function tunnel(port, client, outward) {
  const target = `127.0.0.1:${port}`;
  outward.write(`CONNECT ${target} HTTP/1.1\r\nhost: ${target}\r\n\r\n`);
  let answer = Buffer.alloc(0);
  const read = (chunk) => {
    answer = Buffer.concat([answer, chunk]);
    const end = answer.indexOf('\r\n\r\n');
    if (end < 0 && answer.length < 16_384) return;
    outward.off('data', read);
    if (!/^HTTP\/1\.1 200 /.test(answer.toString('latin1', 0, 13))) {
      client.destroy();
      outward.destroy();
      return;
    }
    outward.pause();
    outward.unshift(answer.subarray(end + 4));
    join(client, outward);
  };
  outward.on('data', read);
}

let waiting = ports.length + 1;
function settled() {
  waiting -= 1;
  if (waiting === 0) writeSync(1, 'ready\n');
}

function listen(port, begin) {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const outward = connect({ path, allowHalfOpen: true });
    const end = () => {
      client.destroy();
      outward.destroy();
    };
    client.on('error', end);
    outward.on('error', end);
    begin(client, outward);
  });
  // A port that cannot be had (below 1024) is one that the build cannot reach; the others are there.
  server.once('error', settled);
  server.listen(Number(port), '127.0.0.1', settled);
}

listen(proxyPort, join);
for (const port of ports) listen(port, (client, outward) => tunnel(port, client, outward));
