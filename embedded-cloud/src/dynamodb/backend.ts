/** The engine as the rest of this folder uses it: started at first use, started again if it ever dies, asked in JSON. */
import { AwsError, type Cloud } from '../service.ts';
import { Arns } from './arns.ts';
import { type Engine, startEngine } from './engine.ts';
import { type EngineAnswer, EngineClient } from './engine-client.ts';
import { answered } from './engine-errors.ts';
import type { EngineKind } from './programs.ts';
import type { Json } from './shape.ts';

interface Connection {
  readonly engine: Engine;
  readonly client: EngineClient;
  readonly arns: Arns;
}

export class Backend {
  readonly #cloud: Cloud;
  readonly #kind: EngineKind | undefined;
  #connection: Promise<Connection> | undefined;
  /** The settled connection, so that the hot path does not wait for a promise. */
  #connected: Connection | undefined;
  #stopped = false;

  constructor(cloud: Cloud, kind?: EngineKind) {
    this.#cloud = cloud;
    this.#kind = kind;
  }

  connect(): Promise<Connection> {
    if (this.#stopped)
      throw new AwsError('ServiceUnavailable', 'The embedded DynamoDB has been stopped.', 503);
    this.#connection ??= this.#start();
    return this.#connection;
  }

  async #start(): Promise<Connection> {
    try {
      const engine = await startEngine({
        kind: this.#kind,
        dataDir: this.#cloud.stateDir('dynamodb'),
        log: (message) => this.#cloud.log('dynamodb', message),
      });
      const client = new EngineClient(engine.agent);
      const connection = { engine, client, arns: new Arns(this.#cloud, engine.kind) };
      this.#connected = connection;
      engine.exited.then(() => this.#lost(client));
      return connection;
    } catch (error) {
      this.#connection = undefined;
      throw error;
    }
  }

  #lost(client: EngineClient): void {
    client.close();
    if (this.#stopped) return;
    this.#cloud.log(
      'dynamodb',
      'the engine ended unexpectedly; the next call starts it again, with its data',
    );
    this.#connection = undefined;
    this.#connected = undefined;
  }

  /** Whether only this process reaches the engine; undefined while none runs. */
  get isolated(): boolean | undefined {
    return this.#connected?.engine.isolated;
  }

  /** Sends JSON text to the engine. @throws AwsError `InternalServerError`, which the SDKs retry, when it is gone */
  async send(target: string, body: string): Promise<EngineAnswer> {
    const { client } = this.#connected ?? (await this.connect());
    try {
      return await client.post(target, body);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new AwsError('InternalServerError', `The DynamoDB engine could not be reached: ${reason}`, 500);
    }
  }

  /** An item action: the request as it is, the answer as it is. */
  async item(action: string, request: Json): Promise<Json> {
    return answered(await this.send(`DynamoDB_20120810.${action}`, JSON.stringify(request)));
  }

  /** An action about tables: the answer speaks of the account's ARNs. */
  async table(action: string, request: Json): Promise<Json> {
    return this.#translated(await this.send(`DynamoDB_20120810.${action}`, JSON.stringify(request)));
  }

  /** An action of DynamoDB Streams. */
  async stream(action: string, request: Json): Promise<Json> {
    return answered(await this.send(`DynamoDBStreams_20120810.${action}`, JSON.stringify(request)));
  }

  /** The same with the account's ARNs in the answer (`DescribeStream`, `ListStreams`: no items in there). */
  async streamDescription(action: string, request: Json): Promise<Json> {
    return this.#translated(await this.send(`DynamoDBStreams_20120810.${action}`, JSON.stringify(request)));
  }

  async #translated(answer: EngineAnswer): Promise<Json> {
    const { arns } = await this.connect();
    return answered({ status: answer.status, text: arns.fromEngine(answer.text) });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const connection = await this.#connection?.catch(() => undefined);
    connection?.client.close();
    await connection?.engine.stop();
  }
}
