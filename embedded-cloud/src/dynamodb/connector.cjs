/**
 * The server's hand in the engine's network namespace: it opens connections to the engine and passes the connected
 * sockets to the server over Node's IPC channel. A socket stays in the namespace in which it was made, so from then on
 * the server talks to the engine without anything in between.
 *
 * Its parent is the engine (`isolated.ts`), so that it can tell it to stop; it ends when the server does.
 *
 * Messages in: `{ id }` asks for a connection; `{ stop: true }` stops the engine. Out: `{ id }` with the socket, or
 * `{ id, error }`.
 */
'use strict';
const { connect } = require('node:net');

/** Between two tries while the engine is starting: a fraction of the 20 ms that the faster one takes. */
const RETRY_MS = 2;
const port = Number(process.argv[2]);
const engine = process.ppid;

function dial(id) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.once('connect', () => process.send({ id }, socket));
  socket.once('error', (error) => {
    socket.destroy();
    if (error.code === 'ECONNREFUSED') setTimeout(dial, RETRY_MS, id);
    else process.send({ id, error: error.message });
  });
}

process.on('message', (message) => {
  if (message.stop) process.kill(engine, 'SIGTERM');
  else dial(message.id);
});
process.on('disconnect', () => process.exit());
