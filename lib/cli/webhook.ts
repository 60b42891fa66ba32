/** `staithe webhook`. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Api } from './api/api.ts';
import type { Delivery } from './api/resources.ts';
import { type CommandGroup, command } from './command/command.ts';
import { flag, text } from './command/option.ts';
import { deliveryNotes, deliveryText } from './deliveries/view.ts';
import { EXIT } from './failure/exit-codes.ts';
import { Failure, usageFailure } from './failure/failure.ts';
import type { Terminal } from './terminal/terminal.ts';
import { sendWebhook } from './webhooks/signed-post.ts';

const POLL_MS = 500;

function readPayload(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    throw usageFailure(
      `Cannot read the file '${path}'${code}.`,
      'Specify a file with the JSON payload of a webhook.',
    );
  }
}

/** Waits for the decision on the delivery. @throws Failure with exit code 6: it failed */
async function waitForDecision(api: Api<'getDelivery'>, terminal: Terminal, id: string): Promise<Delivery> {
  terminal.onInterrupt(['The delivery is stored. To show its result:', `  staithe delivery show ${id}`]);
  const persistent = api.persistent(terminal.note);
  for (;;) {
    const delivery = await persistent.call('getDelivery', { params: { delivery: id } });
    const { kind, reason } = delivery.decision;
    if (kind === 'received') {
      terminal.progress('Waiting for the decision');
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

const send = command({
  name: 'send',
  summary: 'Sign a payload and send it as a GitHub webhook',
  details:
    'The secret comes from STAITHE_WEBHOOK_SECRET or from the connection file of a local server, never from an argument. ' +
    'With --follow the command waits for the decision, and exits with code 6 if the delivery failed.',
  args: { payload: 'File with the JSON payload' },
  options: {
    event: text('--event <event>', 'GitHub event (default: push)'),
    guid: text(
      '--guid <guid>',
      'GitHub id of the delivery (default: a new one); a repeated id is a duplicate',
    ),
    follow: flag('--follow', 'Wait for the decision'),
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
      throw usageFailure('No webhook secret is configured.', 'Set STAITHE_WEBHOOK_SECRET.');
    const guid = options.guid ?? randomUUID();
    const id = await sendWebhook(url, { event: options.event ?? 'push', guid, payload, secret });
    if (!options.follow)
      return {
        json: { delivery_id: id, guid },
        text: id,
        notes: [`next: staithe delivery show ${id}`],
      };
    if (terminal.json) terminal.event({ event: 'sent', delivery_id: id, guid });
    else terminal.note(`Delivery ${id}`);
    const delivery = await waitForDecision(api, terminal, id);
    if (terminal.json) return undefined;
    return { json: delivery, text: deliveryText(delivery), notes: deliveryNotes(delivery) };
  },
});

export const webhook: CommandGroup = { name: 'webhook', commands: [send] };
