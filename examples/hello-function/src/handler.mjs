/** Answers requests to a Lambda function URL (payload format 2.0). */
import { STAMP } from './stamp.mjs';

const json = (statusCode, body) => ({
  statusCode,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

export async function handler(event) {
  const path = event.rawPath ?? '/';
  if (path === '/health') return json(200, { status: 'ok', stamp: STAMP });
  const name = event.queryStringParameters?.name ?? process.env.HELLO_NAME ?? 'world';
  return json(200, {
    message: `Hello from Staithe, ${name}!`,
    path,
    method: event.requestContext?.http?.method ?? 'GET',
    environment: process.env.HELLO_ENVIRONMENT ?? 'none',
    stamp: STAMP,
  });
}
