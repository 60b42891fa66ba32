// Receives webhooks of Staithe, and believes only those that it has signed.
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';

const webhook = new Webhook(process.env.WEBHOOK_SECRET);
const seen = new Set(); // in real life a table, kept for some days

createServer(async (request, response) => {
  const body = await buffer(request); // the bytes as they came: parsed and printed JSON has another signature
  try {
    const { type, timestamp, data } = webhook.verify(body.toString(), request.headers);
    const id = request.headers['webhook-id'];
    if (!seen.has(id)) console.log(timestamp, type, data.id ?? '');
    seen.add(id);
    response.writeHead(204).end();
  } catch {
    response.writeHead(401).end();
  }
}).listen(process.env.PORT ?? 8000, '127.0.0.1', () => console.log('listening'));
