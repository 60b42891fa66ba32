/**
 * A process that runs Step Functions alone, for tests that kill it: the first argument is its state folder. Actions come
 * over the IPC channel, and the calls to other services go out over it, so that these live in the test and survive.
 */
import { join } from 'node:path';
import { AwsError, type Cloud } from '../../src/service.ts';
import { stepfunctions } from '../../src/stepfunctions/index.ts';

export type ToHost =
  | { kind: 'act'; id: number; action: string; input: Record<string, unknown> }
  | { kind: 'answer'; id: number; value?: unknown; error?: { code: string; message: string } };
export type FromHost =
  | { kind: 'ready' }
  | { kind: 'call'; id: number; service: string; action: string; input: Record<string, unknown> }
  | { kind: 'acted'; id: number; value?: unknown; error?: { code: string; message: string } };

const [, , folder = ''] = process.argv;
const pending = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
let calls = 0;

function send(message: FromHost): void {
  process.send?.(message);
}

const cloud: Cloud = {
  accountId: '123456789012',
  region: 'eu-central-1',
  partition: 'aws',
  endpoint: 'http://127.0.0.1:1',
  stateDir: (service) => join(folder, service),
  now: () => Date.now(),
  log: () => {},
  role: (arn) => ({ kind: 'role', arn }),
  credentials: () => ({ accessKeyId: '', secretAccessKey: '', sessionToken: '' }),
  call: (_principal, service, action, input) =>
    new Promise((resolve, reject) => {
      const id = ++calls;
      pending.set(id, { resolve, reject });
      send({ kind: 'call', id, service, action, input });
    }),
  service: (name) => ({ name }),
  asset: () => undefined,
  port: async () => 0,
};
const service = stepfunctions(cloud);

async function act(message: Extract<ToHost, { kind: 'act' }>): Promise<void> {
  const call = {
    principal: { kind: 'operator' as const, arn: 'arn:aws:iam::123456789012:root' },
    requestId: 'test',
    authorize: () => {},
  };
  try {
    const value = await service.actions?.[message.action]?.(message.input, call);
    send({ kind: 'acted', id: message.id, value });
  } catch (error) {
    const code = error instanceof AwsError ? error.code : 'InternalFailure';
    send({ kind: 'acted', id: message.id, error: { code, message: String(error) } });
  }
}

process.on('message', (message: ToHost) => {
  if (message.kind === 'act') return void act(message);
  const { resolve, reject } = pending.get(message.id) ?? {};
  pending.delete(message.id);
  if (message.error !== undefined) reject?.(new AwsError(message.error.code, message.error.message));
  else resolve?.(message.value);
});
await service.start?.();
send({ kind: 'ready' });
