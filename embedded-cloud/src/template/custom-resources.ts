/**
 * Custom resources: the template names a Lambda function, which is told what to make and answers at a URL
 * (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html). At a later start the answer of the
 * first one is used, unless the properties have changed. The URL is plain http on loopback, so a function that insists
 * on https (CDK's own handlers do) cannot answer; the timeout's message says so.
 */
import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { openDatabase } from '../database.ts';
import type { HttpResponse, Materialized, ResourceRequest } from '../service.ts';
import type { CallService } from './dynamic-references.ts';
import { TemplateError } from './template.ts';

const RESPONSES = '/_cloudformation/responses/';

/** CloudFormation waits an hour by default; with nothing remote to wait for, five minutes show a lost answer sooner. */
const DEFAULT_TIMEOUT_SECONDS = 300;

const responseSchema = z.object({
  Status: z.enum(['SUCCESS', 'FAILED']),
  Reason: z.string().optional(),
  PhysicalResourceId: z.string(),
  Data: z.record(z.string(), z.unknown()).default({}),
});
type Response = z.infer<typeof responseSchema>;

const rowSchema = z.object({ properties: z.string(), physical_id: z.string(), data: z.string() });

export class CustomResources {
  readonly #database: DatabaseSync;
  readonly #endpoint: string;
  readonly #call: CallService;
  readonly #waiting = new Map<string, (response: Response) => void>();

  constructor(folder: string, endpoint: string, call: CallService) {
    this.#database = openDatabase(
      folder,
      `CREATE TABLE IF NOT EXISTS custom_resources (
         id TEXT PRIMARY KEY, properties TEXT NOT NULL, physical_id TEXT NOT NULL, data TEXT NOT NULL
       ) STRICT`,
      'what custom resources have made',
    );
    this.#endpoint = endpoint;
    this.#call = call;
  }

  static handles(type: string): boolean {
    return type === 'AWS::CloudFormation::CustomResource' || type.startsWith('Custom::');
  }

  /** @throws TemplateError when the function fails, answers FAILED, or does not answer */
  async make(request: ResourceRequest): Promise<Materialized> {
    const { ServiceToken, ...rest } = request.properties;
    if (typeof ServiceToken !== 'string' || !ServiceToken.includes(':lambda:')) {
      throw new TemplateError('a custom resource needs the ARN of a Lambda function as its ServiceToken');
    }
    const properties = JSON.stringify(rest);
    const found = this.#database
      .prepare('SELECT properties, physical_id, data FROM custom_resources WHERE id = ?')
      .get(request.generatedName);
    const known = found === undefined ? undefined : rowSchema.parse(found);
    if (known?.properties === properties) return materialized(known.physical_id, JSON.parse(known.data));
    const response = await this.#ask(request, ServiceToken, known);
    this.#database
      .prepare(
        'INSERT OR REPLACE INTO custom_resources (id, properties, physical_id, data) VALUES (?, ?, ?, ?)',
      )
      .run(request.generatedName, properties, response.PhysicalResourceId, JSON.stringify(response.Data));
    return materialized(response.PhysicalResourceId, response.Data);
  }

  async #ask(
    { type, logicalId, properties, generatedName }: ResourceRequest,
    functionArn: string,
    known: z.infer<typeof rowSchema> | undefined,
  ): Promise<Response> {
    const token = randomUUID();
    const answered = Promise.withResolvers<Response>();
    this.#waiting.set(token, answered.resolve);
    const seconds = Number(properties.ServiceTimeout ?? DEFAULT_TIMEOUT_SECONDS);
    const timer = setTimeout(() => {
      const hint = 'The function must answer at event.ResponseURL, which is http locally.';
      answered.reject(new TemplateError(`${functionArn} did not answer in ${seconds} s. ${hint}`));
    }, seconds * 1000);
    try {
      const event = {
        RequestType: known === undefined ? 'Create' : 'Update',
        ResponseURL: `${this.#endpoint}${RESPONSES}${token}`,
        StackId: generatedName,
        RequestId: token,
        ResourceType: type,
        LogicalResourceId: logicalId,
        ResourceProperties: properties,
        ...(known !== undefined && {
          PhysicalResourceId: known.physical_id,
          OldResourceProperties: JSON.parse(known.properties),
        }),
      };
      const invoked = this.#invoke(functionArn, event);
      // The function may answer before it returns, or fail without an answer.
      const response = await Promise.race([answered.promise, invoked.then(() => answered.promise)]);
      if (response.Status === 'SUCCESS') return response;
      throw new TemplateError(`${functionArn} answered FAILED: ${response.Reason ?? 'no reason given'}`);
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(token);
    }
  }

  async #invoke(functionArn: string, event: unknown): Promise<void> {
    const output = await this.#call('lambda', 'Invoke', {
      FunctionName: functionArn,
      InvocationType: 'RequestResponse',
      Payload: JSON.stringify(event),
      Admission: 'patient',
    });
    const { FunctionError, Payload } = z
      .object({ FunctionError: z.string().optional(), Payload: z.unknown() })
      .parse(output ?? {});
    if (FunctionError === undefined) return;
    const text = Payload instanceof Uint8Array ? Buffer.from(Payload).toString() : JSON.stringify(Payload);
    throw new TemplateError(`${functionArn} failed (${FunctionError}): ${text}`);
  }

  /** Takes an answer: the gateway's way in. Undefined for every other path. */
  receive(method: string, path: string, body: () => Promise<Buffer>): Promise<HttpResponse> | undefined {
    if (method !== 'PUT' || !path.startsWith(RESPONSES)) return undefined;
    const settle = this.#waiting.get(path.slice(RESPONSES.length));
    return body().then((bytes) => {
      const response = responseSchema.safeParse(parseJson(bytes.toString()));
      if (settle === undefined || !response.success) return { status: settle === undefined ? 403 : 400 };
      settle(response.data);
      return { status: 200 };
    });
  }

  close(): void {
    this.#database.close();
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function materialized(physicalId: string, data: Record<string, unknown>): Materialized {
  return { ref: physicalId, attributes: data };
}
