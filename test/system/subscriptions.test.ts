/** Subscriptions from end to end: an event of the product, by relay and sender, at a receiver, in a chat and in a mailbox. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DescribeParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import { until } from 'embedded-cloud/test-kit/patience.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiError } from '../../lib/contract/client.ts';
import type { CreateTarget } from '../../lib/domain/subscription/schema.ts';
import { type LocalServer, startLocalServer } from '../aws/local-server.ts';
import { makeHome } from '../cli/process.ts';
import { ROOT } from './assembly.ts';
import { newProject } from './flow.ts';
import { type Staithe, startStaithe } from './server.ts';

let staithe: Staithe;
let project: string;
beforeAll(async () => {
  staithe = await startStaithe();
  project = await newProject(staithe.client);
});
afterAll(() => staithe[Symbol.asyncDispose]());

const subscribe = (target: CreateTarget, events: string[], of = project) =>
  staithe.client.call('createSubscription', { body: { project: of, name: 'ours', events, target } });
const rename = (name: string, of = project) =>
  staithe.client.call('updateProject', { params: { project: of }, body: { name } });
const notificationsOf = async (subscription: string) =>
  (await staithe.client.call('listNotifications', { params: { subscription } })).items;
/** Waits until something was sent that has this status. */
const sent = (subscription: string, status: string) =>
  until(
    () => notificationsOf(subscription),
    (all) => all.some((notification) => notification.status === status),
  );

const refusalOf = async (call: Promise<unknown>): Promise<string> => {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof ApiError ? error.problem.code : String(error);
};

/** A port that nobody has a moment ago. */
async function freePort(): Promise<string> {
  using server = await startLocalServer(() => {});
  return server.host.split(':')[1] ?? '';
}

describe('a webhook', () => {
  let receiver: ChildProcess | undefined;
  const lines: string[] = [];
  afterAll(() => receiver?.kill());

  it('reaches the receiver of the documentation, which verifies it; so does what is sent after a rotation', async () => {
    const port = await freePort();
    const { id, secret = '' } = await subscribe({ kind: 'webhook', url: `http://127.0.0.1:${port}/hook` }, [
      'Project Updated',
    ]);
    receiver = spawn(process.execPath, [join(ROOT, 'examples', 'webhook-receiver', 'receiver.mjs')], {
      env: { PORT: port, WEBHOOK_SECRET: secret },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    receiver.stdout?.on('data', (chunk) => lines.push(...String(chunk).trim().split('\n')));
    await until(
      async () => lines,
      (all) => all.includes('listening'),
    );

    await staithe.client.call('testSubscription', { params: { subscription: id } });
    await sent(id, 'delivered');
    await staithe.client.call('rotateSubscriptionSecret', { params: { subscription: id } });
    await rename('renamed');
    await until(
      async () => lines,
      (all) => all.length >= 3,
    );

    expect(lines[1]).toMatch(/^\S+ Subscription Ping/);
    expect(lines[2]).toMatch(/^\S+ Project Updated prj_/);
    const both = await until(
      () => notificationsOf(id),
      (all) => all.every(({ status }) => status === 'delivered'),
    );
    expect(both).toMatchObject([
      { event: 'Project Updated', status: 'delivered', attempts: 1, response_status: 204 },
      { event: 'Subscription Ping', status: 'delivered', response_status: 204 },
    ]);
    expect(await staithe.client.call('getSubscription', { params: { subscription: id } })).toMatchObject({
      status: 'active',
      last_delivered_at: expect.any(String),
    });
    await staithe.client.call('deleteSubscription', { params: { subscription: id } });
  });

  it('is shown in the documentation as the file that runs', () => {
    const page = readFileSync(join(ROOT, 'docs', 'notifications.md'), 'utf8');
    const file = readFileSync(join(ROOT, 'examples', 'webhook-receiver', 'receiver.mjs'), 'utf8');

    expect(page).toContain(`\`\`\`js\n${file}\`\`\``);
  });

  it.each([
    'http://10.0.0.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://user:word@example.com/',
    'ftp://example.com/',
  ])('to %s is refused', async (url) => {
    expect(await refusalOf(subscribe({ kind: 'webhook', url }, ['*']))).toBe('validation_failed');
  });
});

describe('a target that fails', () => {
  let server: LocalServer;
  let status = 500;
  const received: string[] = [];
  beforeAll(async () => {
    server = await startLocalServer((request, response) => {
      received.push(request.url ?? '');
      response.writeHead(status, { location: '/elsewhere' }).end();
    });
  });
  afterAll(() => server[Symbol.dispose]());

  it('is tried again when an admin replays, and a subscription that is gone is disabled with a notice', async () => {
    const mails = await subscribe({ kind: 'email', addresses: ['Team@example.com'] }, [
      'Subscription Disabled',
    ]);
    const { id } = await subscribe({ kind: 'webhook', url: `http://${server.host}/first` }, ['Project *']);
    status = 302;
    await rename('once');
    const [waiting] = await sent(id, 'waiting');
    status = 410;
    const params = { subscription: id, notification: waiting?.id ?? '' };
    await staithe.client.call('replayNotification', { params });
    const [failed] = await sent(id, 'failed');
    await sent(mails.id, 'delivered');

    expect(waiting).toMatchObject({ response_status: 302, next_attempt_at: expect.any(String) });
    expect(failed).toMatchObject({ response_status: 410 });
    expect(received).toEqual(['/first', '/first']);
    const disabled = await staithe.client.call('getSubscription', { params: { subscription: id } });
    expect(disabled).toMatchObject({
      status: 'disabled',
      disabled: { by: 'staithe', reason: 'The target answered with 410 Gone.' },
    });
    expect(await refusalOf(staithe.client.call('testSubscription', { params: { subscription: id } }))).toBe(
      'wrong_state',
    );
    const enabled = await staithe.client.call('enableSubscription', { params: { subscription: id } });
    expect(enabled).toMatchObject({ status: 'active' });
    await staithe.client.call('disableSubscription', { params: { subscription: id } });
  });

  it('told of by e-mail is in the mailbox that staithe mail shows', async () => {
    using home = makeHome(staithe.url);
    const env = { STAITHE_STATE: staithe.stateFolder };
    const listed = await home.run(['mail', '--json'], { env });
    // That another one was disabled by hand may be told by now too.
    const { items } = JSON.parse(listed.stdout);
    const first = items.find(({ text }: { text: string }) => text.includes('410'));
    const shown = await home.run(['mail', first.id], { env });
    const nowhere = await home.run(['mail', '--state', join(staithe.stateFolder, 'nothing')]);

    expect(first).toMatchObject({
      from: 'staithe@localhost',
      to: 'Team@example.com',
      subject: `[Staithe] Subscription Disabled: ${project}`,
    });
    expect(shown.stdout).toMatch(/reason:\s+The target answered with 410 Gone\./);
    expect(nowhere.stderr).toContain('is sent with SES');
  });
});

it('a chat gets text, and its URL is shown to nobody', async () => {
  const bodies: string[] = [];
  using chat = await startLocalServer((request, response) => {
    request.on('data', (chunk) => bodies.push(String(chunk)));
    request.on('end', () => response.end('ok'));
  });
  const { id, ...made } = await subscribe({ kind: 'slack', url: `http://${chat.host}/chat-of-the-team` }, [
    'Project Updated',
  ]);
  await rename('<!channel> & co');
  await sent(id, 'delivered');

  expect(made.target).toEqual({ kind: 'slack', host: chat.host });
  expect(JSON.parse(bodies[0] ?? '')).toMatchObject({ text: `Project Updated: ${project}` });
  expect(
    JSON.stringify(await staithe.client.call('listSubscriptions', { query: { project } })),
  ).not.toContain('chat-of-the-team');
  const everywhere = await staithe.client.call('listSubscriptions', { query: {} });
  expect(everywhere.items.map((each) => each.id)).toContain(id);
  await staithe.client.call('deleteSubscription', { params: { subscription: id } });
});

it('a deleted project leaves no secret of its subscriptions behind', async () => {
  const doomed = await newProject(staithe.client);
  const { id } = await subscribe({ kind: 'webhook', url: 'http://127.0.0.1:9/' }, ['Run *'], doomed);
  const ssm = new SSMClient(staithe.aws);
  const names = async () =>
    ((await ssm.send(new DescribeParametersCommand({}))).Parameters ?? []).flatMap(({ Name }) => Name ?? []);
  const before = await names();
  await staithe.client.call('deleteProject', { params: { project: doomed }, query: { force: 'true' } });

  expect(before).toContainEqual(expect.stringContaining(id));
  await until(names, (left) => !left.some((name) => name.includes(id)));
  ssm.destroy();
});
