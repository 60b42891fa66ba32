/**
 * What one emulated AWS service is to the embedded cloud. Each service lives in a folder of its own, exports one
 * factory `(cloud: Cloud) => Service`, and is listed once in `services.ts`. The gateway, the template interpreter
 * and the other services know a service only through this file.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { Quotas } from './quotas.ts';

/** Who makes a call. `arn` is what IAM policies and audit lines see. */
export interface Principal {
  /**
   * `role`: a role of the template; its synthesized policies decide. `operator`: the account's administrator (the
   * local user), allowed everything. `service`: an AWS service acting for itself (resource policies decide).
   * `anonymous`: no credentials (resource policies decide).
   */
  readonly kind: 'role' | 'operator' | 'service' | 'anonymous';
  /** Role ARN, operator ARN, a service's name such as `events.amazonaws.com`, or `anonymous`. */
  readonly arn: string;
  /** For `service`: the ARN of the resource on whose behalf it acts (`aws:SourceArn`). */
  readonly sourceArn?: string;
  /** For `role`: the name of the session that the credentials belong to; error messages and STS show it. */
  readonly session?: string;
  /** For `role`: the policy document (JSON) that was passed to AssumeRole and narrows what the session may do. */
  readonly sessionPolicy?: string;
}

/** The secret half of an access key, and who it belongs to. */
export interface AccessKey {
  readonly principal: Principal;
  readonly secretAccessKey: string;
}

/** Values for IAM condition keys, e.g. `{ 'aws:ResourceTag/team': 'a', 's3:prefix': 'x/' }`. */
export type ConditionValues = Record<string, string | number | boolean | readonly string[] | undefined>;

/** A function is asked only when a policy that speaks about the request has a condition. */
export type ConditionSource = ConditionValues | (() => ConditionValues);

/** One request to a service, after its signature was verified. */
export interface Call {
  readonly principal: Principal;
  readonly requestId: string;
  /**
   * Throws the `AccessDenied` error of AWS unless the principal's identity policies allow `action` on `resource`
   * (an ARN, or `*` where AWS has no resource type for the action). Call it before anything is read or changed, once
   * for each item of a batch. `resourcePolicies` are policy documents attached to the resource (a bucket's, a bus's).
   */
  authorize(
    action: string,
    resource: string,
    options?: { values?: ConditionSource; resourcePolicies?: readonly unknown[] },
  ): void;
  /**
   * The same call made by another principal, whose signature the service has verified itself (S3's POST policies).
   * Always there in a running cloud; optional so that a test's call may leave it out.
   */
  as?(principal: Principal): Call;
  /**
   * Aborted when the client has closed its connection before the answer. Of the JSON protocols only, and not there for calls
   * inside the cloud.
   */
  readonly abandoned?: AbortSignal;
}

/** An action of a JSON-protocol service: takes the parsed request, returns the response object. */
export type Action = (input: Record<string, unknown>, call: Call) => Promise<unknown> | unknown;

export interface HttpRequest {
  readonly method: string;
  /** Raw path as sent (still percent-encoded), without the query. */
  readonly path: string;
  /** Raw query string without `?`; empty when there is none. */
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  /** The body as sent on the wire (an S3 `aws-chunked` body is decoded by the S3 service). */
  readonly body: Readable;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers?: Record<string, string | readonly string[]>;
  readonly body?: string | Uint8Array | Readable;
}

/** What a template resource became: what `Ref` gives and what `Fn::GetAtt` gives. */
export interface Materialized {
  readonly ref: string;
  readonly attributes: Record<string, unknown>;
}

export interface ResourceRequest {
  readonly type: string;
  readonly logicalId: string;
  /** `<stack name>-<logical id>-<8 hex digits>`, for resources without a name in the template; the same at every start. */
  readonly generatedName: string;
  /** Properties with every intrinsic function resolved. */
  readonly properties: Record<string, unknown>;
  /** The resource's `Metadata` and other attributes, resolved. */
  readonly definition: { readonly DeletionPolicy?: string; readonly Metadata?: Record<string, unknown> };
}

/**
 * Creates a template's resource, or finds and updates the one of an earlier start: called at every start, so it must
 * be idempotent and must keep data.
 */
export type ResourceProvider = (request: ResourceRequest) => Promise<Materialized> | Materialized;

export interface Service {
  /** The SigV4 signing name: `dynamodb`, `s3`, `states`, `lambda`, `events`, … */
  readonly name: string;
  /** Actions by name (`PutItem`), reached through `X-Amz-Target` (aws-json 1.0/1.1) and through `Cloud.call`. */
  readonly actions?: Record<string, Action>;
  /** Services with another protocol (S3, Lambda's REST, STS's query) take the HTTP request itself. */
  readonly handle?: (request: HttpRequest, call: Call) => Promise<HttpResponse>;
  /** Template resource types that this service makes, e.g. `AWS::S3::Bucket`. */
  readonly resources?: Record<string, ResourceProvider>;
  /** Called once, after every resource was made: continue what a stop or a crash interrupted, start timers. */
  readonly start?: () => Promise<void> | void;
  /**
   * Says, once started, what of this service other programs of this machine can reach past IAM, why, and the remedy: one
   * sentence each. Empty, or not there, when nothing can.
   */
  readonly notIsolated?: () => readonly string[];
  /** Called first of all when the cloud stops, while every service still answers: gives the others no more work. */
  readonly pause?: () => void;
  /** Stops timers and children; everything acknowledged is on disk before this is ever called. */
  readonly stop?: () => Promise<void> | void;
}

/** What the cloud gives to its services. */
export interface Cloud {
  readonly accountId: string;
  readonly region: string;
  readonly partition: 'aws';
  /** The gateway's base URL, `http://127.0.0.1:PORT`: every child process gets it as `AWS_ENDPOINT_URL`. */
  readonly endpoint: string;
  /** A folder of this service's own below the state folder; made on first use. */
  stateDir(service: string): string;
  /** Where V8 keeps what it has compiled of functions. A test's cloud may leave it out, and has a folder of its own. */
  readonly compileCache?: string;
  /** Quotas of the account. Always there in a running cloud; a test's cloud may leave them out, and has the machine's. */
  readonly quotas?: Quotas;
  /** Milliseconds since the epoch. */
  now(): number;
  /** One line for the operator's log; `area` is the service's name. Never secrets. */
  log(area: string, message: string): void;
  /**
   * The principal of a role of the template. With `servicePrincipal` (`lambda.amazonaws.com`), the role's trust
   * policy must admit that service. Throws `AwsError` when there is no such role or its trust policy refuses.
   */
  role(roleArn: string, servicePrincipal?: string): Principal;
  /**
   * Looks an access key up, for signatures that the gateway cannot see (S3's POST policies and signed chunks). Always
   * there in a running cloud; optional so that a test's cloud may leave it out.
   * @returns undefined when the key is unknown, or the session token is missing, wrong or expired
   */
  accessKey?(accessKeyId: string, sessionToken?: string): AccessKey | undefined;
  /**
   * A call of a principal whom the service has authenticated itself, outside of the gateway (ECR's registry port).
   * Always there in a running cloud; optional so that a test's cloud may leave it out.
   */
  callAs?(service: string, principal: Principal): Call;
  /**
   * Whether a call would be allowed by the principal's policies: no call is made, and none is counted or priced. Always
   * there in a running cloud; optional so that a test's cloud may leave it out.
   */
  allows?(principal: Principal, action: string, resource: string): boolean;
  /** The role's own access key, the same at every start: put into the environment of what runs under the role. */
  credentials(roleArn: string): { accessKeyId: string; secretAccessKey: string; sessionToken: string };
  /**
   * Calls an action of another service inside the cloud, with the same authorization as a call over the wire.
   * @throws AwsError as the service answers it
   */
  call(
    principal: Principal,
    service: string,
    action: string,
    input: Record<string, unknown>,
  ): Promise<unknown>;
  /** Another service's object, for the few that share more than actions. Throws when there is none. */
  service(name: string): Service;
  /** Folder and packaging of a CDK file asset (`<hash>.zip` key in the bootstrap bucket), if the bucket and key name one. */
  asset(
    bucket: string,
    key: string,
  ): { readonly path: string; readonly packaging: 'zip' | 'file' } | undefined;
  /** A port number that stays the same at every start for the same name, free on 127.0.0.1 when first chosen. */
  port(name: string): Promise<number>;
  /**
   * A port of 127.0.0.1 that is for whoever uses the cloud, and so for what runs in it without its network: gateway,
   * APIs, registries. Always there in a running cloud, as the next one; optional so that a test's cloud may leave it out.
   */
  publishPort?(port: number): void;
  /** Takes a port back: nothing of the cloud listens there any more, and what may listen there later is not its own. */
  unpublishPort?(port: number): void;
  /** The ports that are published now. */
  publicPorts?(): readonly number[];
}

/** An error as AWS answers it: `code` is the exception's name on the wire. */
export class AwsError extends Error {
  readonly code: string;
  /** HTTP status. */
  readonly status: number;
  /** More members of the error's body, e.g. `{ Item }` or `{ CancellationReasons }`. */
  readonly members: Record<string, unknown>;

  constructor(code: string, message: string, status = 400, members: Record<string, unknown> = {}) {
    super(message);
    this.name = code;
    this.code = code;
    this.status = status;
    this.members = members;
  }
}

/** The error of an action that the embedded cloud does not have. It names the action, so that nobody has to guess. */
export function notImplemented(service: string, action: string): AwsError {
  return new AwsError(
    'NotImplemented',
    `The embedded cloud does not implement ${service}:${action}. Nothing was changed.`,
    501,
  );
}
