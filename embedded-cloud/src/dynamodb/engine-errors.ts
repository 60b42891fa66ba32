import { AwsError } from '../service.ts';
import type { EngineAnswer } from './engine-client.ts';
import { type Json, record, text } from './shape.ts';

/**
 * The engine's answer as an object.
 * @throws AwsError the engine's error with its own code and members (`Item`, `CancellationReasons`)
 */
export function answered(answer: EngineAnswer): Json {
  const body = record(JSON.parse(answer.text)) ?? {};
  if (answer.status < 400) return body;
  const { __type, message, Message, ...members } = body;
  // `com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException`: the code is what stands behind the `#`.
  const code = (text(__type) ?? 'InternalServerError').split('#').pop() ?? 'InternalServerError';
  return fail(code, text(message) ?? text(Message) ?? code, answer.status, members);
}

function fail(code: string, message: string, status: number, members: Json): never {
  throw new AwsError(code, message, status, members);
}
