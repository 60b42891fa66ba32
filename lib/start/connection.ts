/** The connection file: how the CLI finds the local server and its token. */
import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningCloud } from 'embedded-cloud';
import * as z from 'zod';
import { ApiError, createClient } from '../contract/client.ts';
import { TokenWithSecret } from '../domain/token/schema.ts';

const Connection = z.object({ url: z.url(), token: z.string(), webhook_secret: z.string() });
export type Connection = z.infer<typeof Connection>;

/** Where the CLI looks, and where the connection rests while the server is stopped. */
const FILE = 'connection.json';
const RESTING = 'connection.resting.json';

/** Whose token it is: of each start the same, so there is one at a time, and what was asked with one goes on with the next. */
const HOLDER = 'local';

/** Lays the connection aside at a stop, so that the CLI does not ask a server that is gone. */
export function disconnect(folder: string): void {
  renameSync(join(folder, FILE), join(folder, RESTING));
}

/**
 * Writes `connection.json`, with the token of an earlier start unless the API says that it is none. A new one takes the
 * place of the one before, also of one that a start has made and died before it was written here.
 */
export async function connect(cloud: RunningCloud, folder: string): Promise<Connection> {
  const file = join(folder, FILE);
  const url = output(cloud, 'ApiUrl');
  const earlier = readConnection(file) ?? readConnection(join(folder, RESTING));
  const refused = earlier === undefined || isRefused(url, earlier.token);
  // While a function starts to answer that.
  const secret = webhookSecret(cloud);
  secret.catch(() => undefined); // it is told below
  const token = (await refused) || earlier === undefined ? await newAdminToken(cloud) : earlier.token;
  const connection = { url, token, webhook_secret: await secret };
  const fresh = `${file}.new`;
  writeFileSync(fresh, `${JSON.stringify(connection, undefined, 2)}\n`, { mode: 0o600 });
  chmodSync(fresh, 0o600);
  renameSync(fresh, file);
  return connection;
}

/** @returns undefined when there is none, or none that is whole */
export function readConnection(file: string): Connection | undefined {
  try {
    return Connection.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined; // none yet, or one that a crash cut short: a new one is made
  }
}

/** Only a 401 says so. A server that is busy, or fails, says nothing about the token. */
async function isRefused(url: string, token: string): Promise<boolean> {
  try {
    await createClient({ url, token }).call('whoAmI');
    return false;
  } catch (error) {
    return error instanceof ApiError && error.problem.status === 401;
  }
}

function output(cloud: RunningCloud, name: string): string {
  const value = cloud.outputs[name];
  if (value === undefined) throw new Error(`The stack has no output ${name}.`);
  return value;
}

const clientOf = (cloud: RunningCloud) => ({
  endpoint: cloud.endpoint,
  region: cloud.cloud.region,
  credentials: cloud.operator,
});

/** As an operator does it in AWS: by invoking the function that IAM guards. */
async function newAdminToken(cloud: RunningCloud): Promise<string> {
  // Loaded where there is no token yet: most starts find one.
  const { InvokeCommand, LambdaClient } = await import('@aws-sdk/client-lambda');
  const lambda = new LambdaClient(clientOf(cloud));
  const answer = await lambda.send(
    new InvokeCommand({
      FunctionName: output(cloud, 'AdminTokenFunction'),
      Payload: JSON.stringify({ name: 'local', holder: HOLDER }),
    }),
  );
  const text = Buffer.from(answer.Payload ?? []).toString('utf8');
  if (answer.FunctionError !== undefined) throw new Error(`The admin token could not be created: ${text}`);
  return TokenWithSecret.parse(JSON.parse(text)).secret;
}

async function webhookSecret(cloud: RunningCloud): Promise<string> {
  const { GetSecretValueCommand, SecretsManagerClient } = await import('@aws-sdk/client-secrets-manager');
  const secrets = new SecretsManagerClient(clientOf(cloud));
  return (
    (await secrets.send(new GetSecretValueCommand({ SecretId: output(cloud, 'WebhookSecret') })))
      .SecretString ?? ''
  );
}
