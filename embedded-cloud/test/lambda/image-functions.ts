/** A cloud with a registry, and one function `app` from an image of its repository `team/app`. */
import { CreateRepositoryCommand, ECRClient } from '@aws-sdk/client-ecr';
import { type CreateFunctionCommandInput, InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { ecr } from '../../src/ecr/index.ts';
import { lambda } from '../../src/lambda/index.ts';
import { logs } from '../../src/logs/index.ts';
import { passwordOf, Registry } from '../ecr/cloud.ts';
import { Functions } from './functions.ts';
import { pushImage, shell } from './image-kit.ts';

export class ImageFunctions implements AsyncDisposable {
  readonly functions: Functions;
  readonly registryClient: ECRClient;
  readonly registry: Registry;
  /** The registry's address. */
  readonly host: string;

  private constructor(functions: Functions, client: ECRClient, host: string, password: string) {
    this.functions = functions;
    this.registryClient = client;
    this.host = host;
    this.registry = new Registry(host, password);
  }

  static async start(): Promise<ImageFunctions> {
    const functions = await Functions.start({ services: [logs, ecr, lambda] });
    const { endpoint, operator: credentials, cloud } = functions.running.cloud;
    const client = new ECRClient({ region: 'us-east-1', endpoint, credentials, maxAttempts: 1 });
    await client.send(new CreateRepositoryCommand({ repositoryName: 'team/app' }));
    const host = `127.0.0.1:${await cloud.port('ecr')}`;
    return new ImageFunctions(functions, client, host, await passwordOf(client));
  }

  /** @returns the digest of the image */
  push(
    tag: string,
    layers: Parameters<typeof pushImage>[3] = shell,
    options: Parameters<typeof pushImage>[4] = {},
  ) {
    return pushImage(this.registry, 'team/app', tag, layers, options);
  }

  /** @param reference `:tag` or `@digest` */
  create(reference: string, input: Partial<CreateFunctionCommandInput> = {}, client?: LambdaClient) {
    const image: Partial<CreateFunctionCommandInput> = {
      ...{ Runtime: undefined, Handler: undefined, Timeout: 30 },
      PackageType: 'Image',
      Code: { ImageUri: `${this.host}/team/app${reference}` },
    };
    return this.functions.create('app', { ...image, ...input }, client);
  }

  /** What the shell of the image answers to a command. */
  async said(command: string, Qualifier?: string): Promise<string> {
    const { Payload } = await this.functions.running.client.send(
      new InvokeCommand({ FunctionName: 'app', Qualifier, Payload: Buffer.from(JSON.stringify(command)) }),
    );
    const answer: unknown = JSON.parse(Payload?.transformToString() ?? 'null');
    return typeof answer === 'string' ? answer.trim() : JSON.stringify(answer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.registryClient.destroy();
    await this.functions[Symbol.asyncDispose]();
  }
}
