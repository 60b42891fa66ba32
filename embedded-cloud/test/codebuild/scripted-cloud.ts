/** A cloud of a few real services without a gateway: calls go straight to the service, with a policy made of a set. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AwsError,
  type Call,
  type Cloud,
  type Principal,
  type ResourceRequest,
  type Service,
} from '../../src/service.ts';

export const ROLE = 'arn:aws:iam::123456789012:role/worker';
export const OPERATOR: Principal = { kind: 'operator', arn: 'arn:aws:iam::123456789012:root' };

export interface Recorded {
  readonly service: string;
  readonly action: string;
  readonly input: Record<string, unknown>;
  readonly principal: Principal;
}

export interface ScriptedCloud extends Cloud {
  readonly folder: string;
  readonly services: Map<string, Service>;
  /** Every call of a service to another one. */
  readonly calls: Recorded[];
  readonly authorized: { principal: Principal; action: string; resource: string; values?: unknown }[];
  readonly logged: string[];
  /** Actions that roles may not do. */
  readonly denied: Set<string>;
  /** Answers of services that are not there, by `service:Action`. */
  readonly answers: Map<string, (input: Record<string, unknown>) => unknown>;
  clock: () => number;
  add(service: Service): void;
  as(
    principal: Principal,
  ): (service: string, action: string, input: Record<string, unknown>) => Promise<unknown>;
  provide(
    type: string,
    properties: Record<string, unknown>,
    logicalId?: string,
  ): Promise<{ ref: string; attributes: Record<string, unknown> }>;
  close(): Promise<void>;
}

export function scriptedCloud(folder = mkdtempSync(join(tmpdir(), 'scripted-cloud-'))): ScriptedCloud {
  const services = new Map<string, Service>();
  const callOf = (principal: Principal): Call => ({
    principal,
    requestId: 'test',
    authorize(action, resource, options) {
      cloud.authorized.push({ principal, action, resource, values: options?.values });
      if (principal.kind === 'role' && cloud.denied.has(action)) {
        throw new AwsError(
          'AccessDeniedException',
          `${principal.arn} is not authorized to perform: ${action} on ${resource}`,
        );
      }
    },
  });
  const cloud: ScriptedCloud = {
    accountId: '123456789012',
    region: 'eu-central-1',
    partition: 'aws',
    endpoint: 'http://127.0.0.1:9',
    folder,
    services,
    calls: [],
    authorized: [],
    logged: [],
    denied: new Set(),
    answers: new Map(),
    clock: () => Date.now(),
    stateDir(service) {
      const path = join(folder, service);
      mkdirSync(path, { recursive: true });
      return path;
    },
    now: () => cloud.clock(),
    log: (area, message) => void cloud.logged.push(`${area}: ${message}`),
    role: (arn) => ({ kind: 'role', arn }),
    credentials: () => ({ accessKeyId: 'AKIATEST', secretAccessKey: 'secret', sessionToken: 'token' }),
    async call(principal, service, action, input) {
      cloud.calls.push({ service, action, input, principal });
      const answer = cloud.answers.get(`${service}:${action}`);
      if (answer) return answer(input);
      return cloud.as(principal)(service, action, input);
    },
    service(name) {
      const service = services.get(name);
      if (!service) throw new Error(`no service ${name}`);
      return service;
    },
    asset: () => undefined,
    port: () => Promise.resolve(0),
    add: (service) => void services.set(service.name, service),
    as: (principal) => async (service, action, input) => {
      const run = services.get(service)?.actions?.[action];
      if (!run) throw new AwsError('UnknownOperationException', `${service}:${action}`);
      return run(input, callOf(principal));
    },
    async provide(type, properties, logicalId = 'Thing') {
      for (const service of services.values()) {
        const provider = service.resources?.[type];
        const request: ResourceRequest = {
          type,
          logicalId,
          generatedName: `stack-${logicalId}-0a1b2c3d`,
          properties,
          definition: {},
        };
        if (provider) return provider(request);
      }
      throw new Error(`no provider of ${type}`);
    },
    async close() {
      for (const service of [...services.values()].reverse()) await service.stop?.();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return cloud;
}
