/**
 * The smallest embedded cloud around the services under test: the real gateway, signatures and IAM, no template.
 * Tests talk to it with AWS's own SDK clients.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callFactory } from '../src/gateway/call.ts';
import { createGateway } from '../src/gateway/server.ts';
import { Authorizer } from '../src/iam/authorizer.ts';
import { KeyRing } from '../src/iam/credentials.ts';
import { Roles } from '../src/iam/roles.ts';
import {
  type Cloud,
  type Materialized,
  notImplemented,
  type Principal,
  type ResourceRequest,
  type Service,
} from '../src/service.ts';
import { createVerifier } from '../src/sigv4/verify.ts';

export const ACCOUNT = '111122223333';
export const REGION = 'eu-west-1';

export interface SmallCloud<S extends Service> {
  readonly service: S;
  readonly folder: string;
  readonly cloud: Cloud;
  /** Client settings of the account's administrator. */
  readonly operator: ClientSettings;
  readonly logged: string[];
  /** A role with one inline policy of these statements, and the client settings of what runs under it. */
  role(name: string, statements: readonly object[]): ClientSettings;
  /** Makes a resource as the template interpreter would. */
  provide(type: string, properties: Record<string, unknown>, logicalId?: string): Promise<Materialized>;
  /** Moves the cloud's clock. */
  advance(milliseconds: number): void;
  /** Stops the service and the gateway; the folder stays unless `remove`. */
  stop(remove?: boolean): Promise<void>;
}

export interface ClientSettings {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  readonly maxAttempts: number;
}

/** @param folder state of an earlier cloud to go on with; otherwise a new one below the temporary folder */
export async function smallCloud<S extends Service>(
  factory: (cloud: Cloud) => S,
  folder = mkdtempSync(join(tmpdir(), 'cloud-')),
): Promise<SmallCloud<S>> {
  const roles = new Roles();
  let offset = 0;
  const now = () => Date.now() + offset;
  const keys = new KeyRing(join(folder, 'iam'), ACCOUNT, Date.now, (arn) => roles.find(arn) !== undefined);
  const calls = callFactory(
    new Authorizer(roles, { accountId: ACCOUNT, region: REGION }, now),
    ACCOUNT,
    undefined,
  );
  const logged: string[] = [];
  const holder: { service?: S } = {};
  const server = createGateway({
    // The signature's clock does not move with the tests' clock.
    verify: createVerifier({
      region: REGION,
      now: Date.now,
      find: (id, token) => keys.find(id, token),
    }),
    calls,
    service: (name) => (holder.service?.name === name ? holder.service : undefined),
    log: (message) => logged.push(message),
  });
  const endpoint = await listen(server);
  const arnOf = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`;
  const principal = (arn: string): Principal => ({ kind: 'role', arn });
  const cloud: Cloud = {
    accountId: ACCOUNT,
    region: REGION,
    partition: 'aws',
    endpoint,
    now,
    stateDir(name) {
      const path = join(folder, name);
      mkdirSync(path, { recursive: true });
      return path;
    },
    log: (area, message) => logged.push(`${area}: ${message}`),
    role: principal,
    credentials: (arn) => keys.session(arn, 'test'),
    async call(caller, service, action, input) {
      const found = holder.service?.name === service ? holder.service.actions?.[action] : undefined;
      if (!found) throw notImplemented(service, action);
      return found(input, calls(service, caller));
    },
    service: () => service,
    asset: () => undefined,
    port: async () => 0,
  };
  const service = factory(cloud);
  holder.service = service;

  const settings = (credentials: ClientSettings['credentials']): ClientSettings => ({
    endpoint,
    region: REGION,
    credentials,
    maxAttempts: 1,
  });
  return {
    service,
    folder,
    cloud,
    logged,
    operator: settings({
      accessKeyId: keys.operator.accessKeyId,
      secretAccessKey: keys.operator.secretAccessKey,
    }),
    role(name, statements) {
      const arn = arnOf(name);
      roles.put({
        name,
        arn,
        id: `AROA${name.toUpperCase()}`,
        trust: [],
        tags: {},
        managedPolicyArns: [],
        permissionsBoundary: undefined,
        maxSessionSeconds: 3_600,
      });
      roles.attach(name, 'inline', { Version: '2012-10-17', Statement: statements });
      return settings(keys.session(arn, 'test'));
    },
    async provide(type, properties, logicalId = 'Resource') {
      const provider = service.resources?.[type];
      if (!provider) throw new Error(`${service.name} makes no ${type}`);
      const request: ResourceRequest = {
        type,
        logicalId,
        generatedName: `Stack-${logicalId}-0a1b2c3d`,
        properties,
        definition: {},
      };
      return provider(request);
    },
    advance(milliseconds) {
      offset += milliseconds;
    },
    async stop(remove = true) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await service.stop?.();
      if (remove) rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
}
