/** What every service gets as `Cloud`: identities, calls to each other, assets, ports, a folder. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type AuthorizedCall, type CallFactory, callFactory } from './gateway/call.ts';
import { actionOf } from './gateway/dispatch.ts';
import { Authorizer } from './iam/authorizer.ts';
import { KeyRing, type SessionCredentials } from './iam/credentials.ts';
import { Roles } from './iam/roles.ts';
import { type MovedPort, Ports } from './ports.ts';
import { type QuotaProfile, type Quotas, quotasOf, RequestRates } from './quotas.ts';
import { type AccessKey, AwsError, type Call, type Cloud, type Principal, type Service } from './service.ts';
import type { Asset } from './template/assembly.ts';

export interface CoreOptions {
  readonly accountId: string;
  readonly region: string;
  readonly stateDir: string;
  readonly assets: ReadonlyMap<string, Asset>;
  readonly now: () => number;
  readonly log: (area: string, message: string) => void;
  readonly onCall?: ((call: AuthorizedCall) => void) | undefined;
  readonly quotas?: QuotaProfile | Quotas | undefined;
  readonly compileCache?: string | undefined;
}

export class Core implements Cloud {
  readonly accountId: string;
  readonly region: string;
  readonly partition = 'aws';
  readonly now: () => number;
  readonly log: (area: string, message: string) => void;
  /** Set before any service is made. */
  endpoint = '';

  readonly roles = new Roles();
  readonly keys: KeyRing;
  readonly authorizer: Authorizer;
  readonly calls: CallFactory;
  readonly quotas: Quotas;
  readonly compileCache: string;
  readonly services = new Map<string, Service>();
  readonly #stateDir: string;
  readonly #assets: ReadonlyMap<string, Asset>;
  readonly #ports: Ports;
  readonly #publicPorts = new Set<number>();

  constructor(options: CoreOptions) {
    const { accountId, region, stateDir, assets, now, log, onCall, quotas, compileCache } = options;
    this.accountId = accountId;
    this.region = region;
    this.now = now;
    this.log = log;
    this.#stateDir = stateDir;
    this.#assets = assets;
    this.compileCache = compileCache ?? join(this.stateDir('lambda'), 'compile-cache');
    this.#ports = new Ports(stateDir, (message) => log('cloud', message));
    this.keys = new KeyRing(
      this.stateDir('iam'),
      accountId,
      now,
      (arn) => this.roles.find(arn) !== undefined,
    );
    this.authorizer = new Authorizer(this.roles, { accountId, region }, now);
    this.quotas = typeof quotas === 'object' ? quotas : quotasOf(quotas ?? 'machine', region);
    const rates = new RequestRates(this.quotas, now);
    this.calls = callFactory(this.authorizer, accountId, onCall, (action) => rates.take(action));
  }

  /** @throws Error for a second service of the same name */
  add(service: Service): void {
    if (this.services.has(service.name)) throw new Error(`Two services are named ${service.name}.`);
    this.services.set(service.name, service);
  }

  stateDir(service: string): string {
    const folder = join(this.#stateDir, service);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
  }

  role(roleArn: string, servicePrincipal?: string): Principal {
    const role = this.#roleNamed(roleArn);
    const service: Principal = { kind: 'service', arn: servicePrincipal ?? '' };
    if (servicePrincipal !== undefined && !this.authorizer.mayAssume(roleArn, service)) {
      throw new AwsError(
        'AccessDeniedException',
        `${servicePrincipal} may not assume ${roleArn}: the role's trust policy does not admit it.`,
        403,
      );
    }
    return { kind: 'role', arn: role, session: sessionName(role) };
  }

  credentials(roleArn: string): SessionCredentials {
    const role = this.#roleNamed(roleArn);
    return this.keys.session(role, sessionName(role));
  }

  accessKey(accessKeyId: string, sessionToken?: string): AccessKey | undefined {
    const found = this.keys.find(accessKeyId, sessionToken);
    return typeof found === 'string' ? undefined : found;
  }

  callAs(service: string, principal: Principal): Call {
    return this.calls(service, principal);
  }

  allows(principal: Principal, action: string, resource: string): boolean {
    return this.authorizer.decide(principal, action, resource, { probe: true }).allowed;
  }

  async call(
    principal: Principal,
    service: string,
    action: string,
    input: Record<string, unknown>,
  ): Promise<unknown> {
    return actionOf(this.service(service), action)(input, this.calls(service, principal));
  }

  service(name: string): Service {
    const service = this.services.get(name);
    if (service !== undefined) return service;
    throw new AwsError('NotImplemented', `The embedded cloud has no service '${name}'.`, 501);
  }

  asset(bucket: string, key: string): Asset | undefined {
    return this.#assets.get(`${bucket}/${key}`);
  }

  port(name: string): Promise<number> {
    return this.#ports.port(name);
  }

  get movedPorts(): readonly MovedPort[] {
    return this.#ports.moved;
  }

  publishPort(port: number): void {
    this.#publicPorts.add(port);
  }

  unpublishPort(port: number): void {
    this.#publicPorts.delete(port);
  }

  publicPorts(): readonly number[] {
    return [...this.#publicPorts];
  }

  #roleNamed(roleArn: string): string {
    const role = this.roles.find(roleArn);
    if (role !== undefined) return role.arn;
    throw new AwsError('NoSuchEntity', `The role ${roleArn} cannot be found.`, 404);
  }
}

/** A session is named like its role, as nothing more is known of who asks. */
function sessionName(roleArn: string): string {
  return roleArn.slice(roleArn.lastIndexOf('/') + 1);
}
