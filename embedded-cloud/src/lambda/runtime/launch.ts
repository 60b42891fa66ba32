/** How the child process of an execution environment is started: its command line and its exact environment. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startImage } from '../image/sandbox.ts';
import type { Code, Settings } from '../records.ts';

/** One version of a function, as an execution environment sees it. */
export interface Launch {
  readonly functionName: string;
  /** `$LATEST` or a number. */
  readonly version: string;
  readonly settings: Settings;
  readonly code: Code;
  /** Settled when the code is on disk. */
  readonly ready: () => Promise<void>;
  /** The folder of the Lambda service. */
  readonly stateDir: string;
  readonly logGroup: string;
  readonly region: string;
  /** AWS_ENDPOINT_URL: the embedded cloud's gateway. */
  readonly endpoint: string;
  readonly credentials: { accessKeyId: string; secretAccessKey: string; sessionToken: string };
  /** Where V8 keeps compiled code, which makes a second cold start quicker. */
  readonly compileCache: string;
}

const bootstrap = fileURLToPath(new URL('./bootstrap.mjs', import.meta.url));
// The kernel itself kills the child when the parent dies, even one that is busy in an endless loop. The bootstrap's
// own watch on its parent remains for systems without `setpriv` (util-linux) and for handlers that yield.
const setpriv =
  process.platform === 'linux' && existsSync('/usr/bin/setpriv') ? '/usr/bin/setpriv' : undefined;

/** The whole environment of the child: nothing of the parent's own leaks into it. */
function variables(launch: Launch, runtimeApi: string, logStream: string): Record<string, string> {
  const { settings } = launch;
  return {
    ...ofEveryFunction(launch, runtimeApi, logStream),
    AWS_EXECUTION_ENV: `AWS_Lambda_${settings.runtime}`,
    _HANDLER: settings.handler,
    LAMBDA_TASK_ROOT: launch.code.folder,
    PATH: '/usr/local/bin:/usr/bin:/bin',
    NODE_COMPILE_CACHE: launch.compileCache,
  };
}

/** What Lambda tells every function, also one from an image. */
function ofEveryFunction(launch: Launch, runtimeApi: string, logStream: string): Record<string, string> {
  const { settings, credentials } = launch;
  const { LogFormat, ApplicationLogLevel } = settings.logging;
  return {
    ...settings.environment,
    AWS_REGION: launch.region,
    AWS_DEFAULT_REGION: launch.region,
    AWS_LAMBDA_FUNCTION_NAME: launch.functionName,
    AWS_LAMBDA_FUNCTION_VERSION: launch.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(settings.memorySize),
    AWS_LAMBDA_LOG_GROUP_NAME: launch.logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: logStream,
    AWS_LAMBDA_RUNTIME_API: runtimeApi,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    AWS_ENDPOINT_URL: launch.endpoint,
    TZ: ':UTC',
    ...(LogFormat === 'JSON' && {
      AWS_LAMBDA_LOG_FORMAT: 'JSON',
      AWS_LAMBDA_LOG_LEVEL: ApplicationLogLevel ?? 'INFO',
    }),
  };
}

/**
 * Starts the child with stdout and stderr piped, and a pipe on descriptor 3 that ends with the parent. V8's heap gets
 * 90 % of MemorySize and its young generation 5 %, as AWS's own bootstrap gives them.
 */
export function startChild(launch: Launch, runtimeApi: string, logStream: string): ChildProcess {
  const { image } = launch.code;
  if (image) return startImage(launch, image, ofEveryFunction(launch, runtimeApi, logStream));
  const memory = launch.settings.memorySize;
  const node = [
    `--max-old-space-size=${Math.floor(memory * 0.9)}`,
    `--max-semi-space-size=${Math.max(1, Math.floor(memory * 0.05))}`,
    bootstrap,
  ];
  const [command, ...args] = setpriv
    ? [setpriv, '--pdeathsig', 'KILL', process.execPath, ...node]
    : [process.execPath, ...node];
  return spawn(command ?? process.execPath, args, {
    cwd: launch.code.folder,
    env: variables(launch, runtimeApi, logStream),
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
}
