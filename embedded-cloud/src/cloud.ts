/**
 * The embedded cloud: runs what a CDK app synthesized, on this machine. It reads the cloud assembly, makes every
 * resource of its templates by the services of `services.ts`, and answers the AWS SDK on one loopback port.
 */
import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { removeRemains } from './codebuild/remains.ts';
import { Core } from './core.ts';
import type { AuthorizedCall } from './gateway/call.ts';
import type { ServedRequest } from './gateway/exchange.ts';
import { createGateway } from './gateway/server.ts';
import type { Credentials } from './iam/credentials.ts';
import { iam } from './iam/index.ts';
import { type GrantUsage, grantUsage, saveUsage } from './iam/usage.ts';
import type { MovedPort } from './ports.ts';
import type { QuotaProfile, Quotas } from './quotas.ts';
import type { Cloud, Materialized } from './service.ts';
import { SERVICES, type ServiceFactory } from './services.ts';
import { Shutdown } from './shutdown.ts';
import { createVerifier } from './sigv4/verify.ts';
import { Backups } from './state/backup.ts';
import { checkState } from './state/check.ts';
import { lockState } from './state/lock.ts';
import { Reserve, requireRoom } from './state/room.ts';
import { sts } from './sts/index.ts';
import { readAssembly } from './template/assembly.ts';
import { CustomResources } from './template/custom-resources.ts';
import { deployAssembly } from './template/deploy-assembly.ts';
import type { CallService } from './template/dynamic-references.ts';
import { providers } from './template/providers.ts';

export { type Isolation, machineIsolation } from './codebuild/isolation.ts';
export { LAMBDA_RUNTIMES } from './lambda/runtimes.ts';
export { QUOTA_PROFILES, type QuotaProfile, type Quotas } from './quotas.ts';
export { SettingError } from './setting-error.ts';
export { restoreState, StateError } from './state/check.ts';
export { lockState, StateInUseError } from './state/lock.ts';
export { NoRoomError } from './state/room.ts';

export interface CloudOptions {
  /** The folder of the cloud assembly, `cdk.out`. */
  readonly assembly: string;
  /** Everything that must outlive a stop or a crash is kept here. */
  readonly stateDir: string;
  /** The gateway's port; without it one that stays the same for this state folder. */
  readonly port?: number;
  /** `000000000000` unless the app was synthesized for another account. */
  readonly accountId?: string;
  readonly region?: string;
  /** Where V8 keeps what it has compiled of functions, for quicker starts; below `stateDir` by default. */
  readonly compileCache?: string;
  /** Values for the template's parameters; without one the default holds. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Service quotas: of a profile, or an account's own. Those of this machine by default. */
  readonly quotas?: QuotaProfile | Quotas;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Takes the operator's log; standard error by default. */
  readonly log?: (area: string, message: string) => void;
  /** Instead of all services of the registry, e.g. in tests. IAM and STS are always there. */
  readonly services?: readonly ServiceFactory[];
  /** Told of every action that a service asked permission for, allowed or not. */
  readonly onCall?: (call: AuthorizedCall) => void;
  /** Told of every finished request to the gateway. */
  readonly onRequest?: (request: ServedRequest) => void;
  /** A folder in which `stop` leaves how often each granted permission was used (`usage.jsonl`). */
  readonly usageDir?: string;
}

export interface RunningCloud {
  readonly endpoint: string;
  /** The stacks' outputs by their key; with several stacks also as `<stack>.<key>`. */
  readonly outputs: Readonly<Record<string, string>>;
  /** The administrator's access key. */
  readonly operator: Credentials;
  /** What the services see. */
  readonly cloud: Cloud;
  /** Ports that are not those of the last start, as other programs have these now. */
  readonly movedPorts: readonly MovedPort[];
  /** What a resource became, by its logical id, or by `<stack>.<logical id>`. @throws Error when there is none, or two */
  resource(logicalId: string): Materialized;
  /** Every permission that the template grants to its roles, and those among them that no call has needed so far. */
  permissionsReport(): { readonly granted: readonly GrantUsage[]; readonly unused: readonly GrantUsage[] };
  /** What builds and other programs of this machine can reach past IAM, with the remedy: a sentence each. */
  readonly notIsolated: readonly string[];
  /** Stops services and gateway; may be called twice. */
  stop(): Promise<void>;
}

/** The port that was asked for is another program's. */
export class PortInUseError extends Error {
  readonly port: number;
  constructor(port: number, cause: unknown) {
    super(`Port ${port} is in use by another program.`, { cause });
    this.name = 'PortInUseError';
    this.port = port;
  }
}

/**
 * @throws TemplateError when the template cannot be run | PortInUseError | StateInUseError | StateError when state is
 * missing or damaged | NoRoomError; nothing is left running then
 */
export async function startCloud(options: CloudOptions): Promise<RunningCloud> {
  const log = options.log ?? logToStandardError;
  const shutdown = new Shutdown((message) => log('cloud', message));
  try {
    return await start(options, log, shutdown);
  } catch (error) {
    await shutdown.run();
    throw error;
  }
}

async function start(
  options: CloudOptions,
  log: (area: string, message: string) => void,
  shutdown: Shutdown,
): Promise<RunningCloud> {
  const { stateDir, now = Date.now, onCall, onRequest, usageDir, quotas, compileCache } = options;
  const account = { accountId: options.accountId ?? '000000000000', region: options.region ?? 'us-east-1' };
  shutdown.add(lockState(stateDir));
  chmodSync(stateDir, 0o700);
  await requireRoom(stateDir, () => removeRemains(join(stateDir, 'codebuild', 'builds')));
  checkState(stateDir);
  const backups = new Backups(stateDir, (message) => log('cloud', message));
  shutdown.add(() => backups.stop());
  const { stacks, assets } = readAssembly(options.assembly, account);
  const core = new Core({ ...account, stateDir, assets, now, log, onCall, quotas, compileCache });
  const port = options.port || (await core.port('gateway'));
  core.endpoint = `http://127.0.0.1:${port}`;
  core.publishPort(port);
  const { operator } = core.keys;
  const call: CallService = (service, action, input) => core.call(operator.principal, service, action, input);
  const customResources = new CustomResources(core.stateDir('cloudformation'), core.endpoint, call);
  shutdown.add(() => customResources.close());
  if (usageDir !== undefined) shutdown.add(() => saveUsage(usageDir, grantUsage(core.roles)));

  const gateway = createGateway({
    verify: createVerifier({ region: account.region, now, find: (id, token) => core.keys.find(id, token) }),
    calls: core.calls,
    service: (name) => core.services.get(name),
    log: (message) => log('gateway', message),
    callback: (method, path, body) => customResources.receive(method, path, body),
    onRequest,
  });
  await listen(gateway, port);
  shutdown.add(() => close(gateway));

  addServices(core, options.services ?? SERVICES, shutdown);
  const provider = providers(core.services.values(), customResources, account);
  const parameters = options.parameters ?? {};
  const { outputs, resource } = await deployAssembly(stacks, { account, parameters, call, provider });
  shutdown.add(() => {
    for (const service of core.services.values()) service.pause?.();
  });
  for (const service of core.services.values()) await service.start?.();
  backups.start();
  const reserve = new Reserve(stateDir, (message) => log('cloud', message));
  reserve.start();
  shutdown.add(() => reserve.stop());
  return {
    endpoint: core.endpoint,
    outputs,
    resource,
    operator: { accessKeyId: operator.accessKeyId, secretAccessKey: operator.secretAccessKey },
    cloud: core,
    movedPorts: core.movedPorts,
    notIsolated: [...core.services.values()].flatMap((service) => service.notIsolated?.() ?? []),
    permissionsReport() {
      const granted = grantUsage(core.roles);
      return { granted, unused: granted.filter(({ count }) => count === 0) };
    },
    stop: () => shutdown.run(),
  };
}

function addServices(core: Core, factories: readonly ServiceFactory[], shutdown: Shutdown): void {
  const { accountId, keys, roles, authorizer, now } = core;
  const builtIn = [() => iam(roles, accountId), () => sts({ accountId, keys, roles, authorizer, now })];
  for (const make of [...builtIn, ...factories]) {
    const service = make(core);
    core.add(service);
    shutdown.add(() => service.stop?.());
  }
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening').catch((error: unknown) => {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    throw isTaken ? new PortInUseError(port, error) : error;
  });
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

function logToStandardError(area: string, message: string): void {
  process.stderr.write(`${area}: ${message}\n`);
}
