import assert from 'node:assert/strict';
import { test } from 'node:test';
import { handler } from '../src/handler.mjs';

const call = async (rawPath, queryStringParameters) => {
  const { statusCode, body } = await handler({ version: '2.0', rawPath, queryStringParameters });
  return { statusCode, body: JSON.parse(body) };
};

test('greets by name and tells the path', async () => {
  const answer = await call('/harbour', { name: 'Ada' });
  assert.equal(answer.statusCode, 200);
  assert.equal(answer.body.message, 'Hello from Staithe, Ada!');
  assert.equal(answer.body.path, '/harbour');
});

test('is healthy', async () => {
  const answer = await call('/health');
  assert.deepEqual(answer.body, { status: 'ok', stamp: 'source' });
});
