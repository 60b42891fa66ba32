import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Api } from '../api.ts';
import { command } from '../command.ts';
import { deliveryNotes, deliveryText } from '../delivery/view.ts';
import { EXIT } from '../exit-codes.ts';
import { Failure, usageFailure } from '../failure.ts';
import { flag, text } from '../option.ts';
import type { Delivery } from '../resources.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { sendWebhook } from './signed-post.ts';

const POLL_MS = 500;

function readPayload(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    throw usageFailure(`There is no file '${path}'.`, 'Name a file with the payload of a webhook, as JSON.');
  }
}

/** Waits until it is decided what comes of the delivery. @throws Failure with exit code 6, when it failed */
async function decided(api: Api<'getDelivery'>, terminal: Terminal, id: string): Promise<Delivery> {
  terminal.onInterrupt(['The delivery was kept. Look again with:', `  staithe delivery show ${id}`]);
  const patient = api.patient(terminal.note);
  for (;;) {
    const delivery = await patient.call('getDelivery', { params: { delivery: id } });
    const { kind, reason } = delivery.decision;
    if (kind === 'received') {
      terminal.progress('waiting for the decision');
      await delay(POLL_MS);
      continue;
    }
    terminal.done();
    if (terminal.json) terminal.event({ event: 'result', delivery });
    if (kind === 'failed')
      throw new Failure(EXIT.failed, {
        code: 'delivery_failed',
        detail: `The delivery failed: ${reason}`,
        remedy: `staithe delivery show ${id}`,
      });
    return delivery;
  }
}

export const send = command({
  name: 'send',
  summary: 'Sign a payload as GitHub does and send it',
  details:
    'The secret is taken from STAITHE_WEBHOOK_SECRET or from the connection file of a local server, never from the ' +
    'command line. With --follow it waits for what comes of it, and fails with exit code 6 when that failed.',
  args: { payload: 'a file with the JSON that GitHub sends' },
  options: {
    event: text('--event <event>', 'the event that it is (default: push)'),
    guid: text(
      '--guid <guid>',
      "GitHub's id of the delivery (default: a new one); the same again is a repeat",
    ),
    follow: flag('--follow', 'wait for what comes of it'),
  },
  examples: [
    'staithe webhook send push.json --follow',
    'STAITHE_WEBHOOK_SECRET="$(cat secret.txt)" staithe webhook send push.json --event push --url https://staithe.example.com',
  ],
  calls: ['receiveGithubWebhook', 'getDelivery'],
  async run({ args, options }, { api, terminal, connection }) {
    const { url, webhookSecret } = connection();
    const payload = readPayload(args.payload);
    const secret = process.env.STAITHE_WEBHOOK_SECRET || webhookSecret;
    if (secret === undefined)
      throw usageFailure('There is no secret to sign with.', 'Set STAITHE_WEBHOOK_SECRET.');
    const guid = options.guid ?? randomUUID();
    const id = await sendWebhook(url, { event: options.event ?? 'push', guid, payload, secret });
    if (!options.follow)
      return {
        json: { delivery_id: id, guid },
        text: id,
        notes: [`next: staithe delivery show ${id}`],
      };
    if (terminal.json) terminal.event({ event: 'sent', delivery_id: id, guid });
    else terminal.note(`delivery ${id}`);
    const delivery = await decided(api, terminal, id);
    if (terminal.json) return undefined;
    return { json: delivery, text: deliveryText(delivery), notes: deliveryNotes(delivery) };
  },
});
