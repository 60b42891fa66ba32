/**
 * Loaded before anything else into each Node of the embedded cloud that is profiled: samples what it does and tells it on
 * the named pipe beside this file, at its end and whenever the file `tell` beside it is written. What is told is summed up by function, as lines
 * that are short enough to be written whole (PIPE_BUF), since many write at once. A sandbox that shows this folder
 * read-only lets write to a pipe in it.
 */
'use strict';
const { randomBytes } = require('node:crypto');
const { closeSync, constants, openSync, statSync, writeSync } = require('node:fs');
const { Session } = require('node:inspector');
const { join } = require('node:path');
const { isMainThread } = require('node:worker_threads');

const LOOK_EVERY_MS = 250;
/** Microseconds. */
const SAMPLE_EVERY = 500;
/** With its head a line is below PIPE_BUF, 4,096 bytes. */
const CHUNK = 4_000;

/** Which of the parts of the cloud this is, by its program. */
function kindOf(program = '') {
  if (program.endsWith('server-process.ts')) return 'gateway';
  if (program.endsWith('bootstrap.mjs')) return 'functions';
  if (/(warm-node|agent)\.cjs$/.test(program)) return 'agent';
  return 'others';
}

function tell(message) {
  const text = Buffer.from(JSON.stringify(message)).toString('base64');
  const id = randomBytes(6).toString('hex');
  const parts = Math.ceil(text.length / CHUNK);
  let pipe;
  try {
    pipe = openSync(join(__dirname, 'profiles'), constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return; // nobody listens any more
  }
  for (let part = 0; part < parts; part++)
    write(pipe, `${id} ${part} ${parts} ${text.slice(part * CHUNK, (part + 1) * CHUNK)}\n`);
  closeSync(pipe);
}

/** Waits while the pipe is full. */
function write(pipe, line) {
  for (;;) {
    try {
      writeSync(pipe, line);
      return;
    } catch (error) {
      if (error.code !== 'EAGAIN') return; // whoever listened is gone
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
  }
}

/** Milliseconds since the epoch; undefined while it is not there. */
const writtenAt = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs;

function record(kind) {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.setSamplingInterval', { interval: SAMPLE_EVERY });
  session.post('Profiler.start');
  let from = Date.now();
  let used = process.cpuUsage();
  /** What Node has taken before it ran this. */
  let starting = used.user + used.system;
  const flush = () => {
    // Telling is not what the process is for: its time is left out.
    const spent = process.cpuUsage(used);
    session.post('Profiler.stop', (error, answer) => {
      if (error) return;
      const frames = new Map();
      for (const { callFrame, hitCount = 0 } of answer.profile.nodes) {
        const { functionName, url, lineNumber, columnNumber } = callFrame;
        const key = `${functionName}\n${url}\n${lineNumber}\n${columnNumber}`;
        if (hitCount > 0) frames.set(key, (frames.get(key) ?? 0) + hitCount);
      }
      tell({
        kind,
        from,
        to: Date.now(),
        startingMs: starting / 1000,
        cpuMs: (spent.user + spent.system) / 1000,
        frames: [...frames].map(([key, ticks]) => [...key.split('\n'), ticks]),
      });
    });
    from = Date.now();
    used = process.cpuUsage();
    starting = 0;
  };
  let told = writtenAt(join(__dirname, 'tell'));
  setInterval(() => {
    const written = writtenAt(join(__dirname, 'tell'));
    if (written === told) return;
    told = written;
    flush();
    session.post('Profiler.start');
    used = process.cpuUsage();
  }, LOOK_EVERY_MS).unref();
  process.once('exit', flush);
}

if (isMainThread) {
  const kind = kindOf(process.argv[1]);
  // All that the cloud starts is started with this recorder.
  if (kind === 'gateway') process.execPath = join(__dirname, 'node');
  record(kind);
}
