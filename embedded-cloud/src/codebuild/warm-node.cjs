/**
 * A Node that is ready to run one program, before it is known with which environment: what a machine of the warm pool
 * starts for a build whose first command is `node <file>.cjs`. It has loaded Node's own modules and compiled the file,
 * and has run nothing of it: any program is served, and none knows of it. It waits for one line on descriptor 4, becomes
 * the process that the command would have started, and runs the file. Used once.
 */
'use strict';
const { closeSync, readFileSync, readSync } = require('node:fs');
const Module = require('node:module');
const { dirname } = require('node:path');
const { setFlagsFromString } = require('node:v8');
const { compileFunction, constants } = require('node:vm');

/** What most programs load sooner or later. */
const COMMON =
  'async_hooks child_process crypto events fs/promises http https net os stream stream/consumers stream/promises timers/promises tls url util worker_threads zlib';
for (const name of COMMON.split(' ')) require(`node:${name}`);
for (const stream of ['stdout', 'stderr']) Reflect.get(process, stream);

const [, , file] = process.argv;
// All of it now, not each function when it is first called: there is time.
setFlagsFromString('--no-lazy');
const source = readFileSync(file, 'utf8').replace(/^#!/, '//');
const compiled = compileFunction(source, ['exports', 'require', 'module', '__filename', '__dirname'], {
  filename: file,
  importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
});

setFlagsFromString('--lazy');

// The program's own `import()` must not be told off for how its file was compiled.
const { emitWarning } = process;
process.emitWarning = (warning, ...rest) => {
  if (!String(warning).startsWith('vm.USE_MAIN_CONTEXT_DEFAULT_LOADER')) return emitWarning(warning, ...rest);
  process.emitWarning = emitWarning;
};

/** Blocks: there is nothing else to do. Undefined when the machine ends unused. */
function readLine(descriptor) {
  const chunks = [];
  for (const chunk = Buffer.alloc(65_536); ; ) {
    const length = readSync(descriptor, chunk);
    if (length === 0) return undefined;
    chunks.push(Buffer.from(chunk.subarray(0, length)));
    if (chunk[length - 1] === 0x0a) return Buffer.concat(chunks).toString();
  }
}

/** Runs the file as Module.runMain does, which would have to read and compile it first. */
function run() {
  const main = new Module(file, null);
  main.id = '.';
  main.filename = file;
  main.paths = Module._nodeModulePaths(dirname(file));
  Module._cache[file] = main;
  process.mainModule = main;
  const requireOfMain = Module.createRequire(file);
  requireOfMain.main = main;
  compiled.call(main.exports, main.exports, requireOfMain, main, file, dirname(file));
  main.loaded = true;
}

/** Becomes the process that the command would have started. */
function become({ environment, folder, args }) {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, environment);
  process.chdir(folder);
  process.argv = [process.argv[0], file, ...args];
}

const line = readLine(4);
closeSync(4);
if (line === undefined) process.exit();
become(JSON.parse(line));
run();
