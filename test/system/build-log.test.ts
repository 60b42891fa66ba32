import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LogLine } from '../../lib/domain/log/schema.ts';
import { build, newProject, newSlug } from './flow.ts';
import { type Staithe, sharedStaithe } from './server.ts';

let staithe: Staithe;

beforeAll(async () => {
  staithe = await sharedStaithe();
});

afterAll(() => staithe[Symbol.asyncDispose]());

const project = () => newProject(staithe.client, newSlug('logs'));

const manifest = (services: Record<string, object>) => ({ 'staithe.yaml': JSON.stringify({ services }) });

describe('the log of a build with two jobs', () => {
  const SECRET = 'correct horse/battery+staple=';
  const RED = '\u001b[31mred\u001b[0m';
  let slug: string;
  let buildId: string;
  let jobId: string;

  beforeAll(async () => {
    const { client } = staithe;
    slug = await project();
    await client.call('putSecret', { params: { project: slug, name: 'TOKEN' }, body: { value: SECRET } });
    const { buildId: id, run } = await build(
      client,
      slug,
      manifest({
        app: {
          secrets: ['TOKEN'],
          commands: [
            "printf '\\033[31mred\\033[0m\\n'",
            "printf '%s' 'token='; printf '%s' \"$TOKEN\" | cut -c1-9 | tr -d '\\n'; sleep 0.3; printf '%s' \"$TOKEN\" | cut -c10-",
            'printf \'user:%s\' "$TOKEN" | base64',
            "printf 'progress 10%%\\rprogress 100%%\\n'",
            "printf '\\377\\376 no text \\001\\n'",
            "head -c 1000000 /dev/zero | tr '\\0' x; echo; touch out",
          ],
          artifacts: 'out',
        },
        side: { commands: ["seq -f 'side %.0f' 200; touch out"], artifacts: 'out' },
      }),
    );
    expect(run.status).toBe('completed');
    buildId = id;
    const { items: jobs } = await client.call('listJobs', { params: { run: run.id } });
    jobId = jobs.find(({ service }) => service === 'side')?.id ?? '';
  });

  const read = async (query: object) =>
    staithe.client.call('getBuildLogs', { params: { build: buildId }, query: { limit: 10_000, ...query } });
  const messages = (page: { items: readonly LogLine[] }) => page.items.map(({ message }) => message);

  it('each phase of each job speaks', async () => {
    for (const service of ['app', 'side']) {
      const said = messages(await read({ service })).filter((message) => message.startsWith('==> '));

      const words = said.map((message) => /^==> (\w+)/.exec(message)?.[1]);
      expect(words.filter((word) => word !== 'command')).toEqual(
        expect.arrayContaining(['claim', 'queue', 'fetch', 'unpack', 'prepare', 'pack', 'upload', 'done']),
      );
    }
  });

  it('a page at a time gives each line once, in order of time', async () => {
    const all = await read({});
    const seen: LogLine[] = [];
    let cursor: string | undefined;
    for (;;) {
      const page = await read({ limit: 37, ...(cursor !== undefined && { cursor }) });
      seen.push(...page.items);
      cursor = page.next_cursor;
      if (page.complete) break;
    }

    expect(all.items.length).toBeGreaterThan(200);
    for (const service of ['app', 'side'])
      expect(seen.filter((line) => line.service === service)).toEqual(
        all.items.filter((line) => line.service === service),
      );
    const times = seen.map(({ timestamp }) => timestamp);
    expect(times).toEqual([...times].sort());
  });

  it('has no secret, neither in pieces nor in base64', async () => {
    const text = messages(await read({})).join('\n');

    expect(text).toContain('token=***');
    expect(text).not.toContain('horse');
    expect(text).not.toContain(Buffer.from(SECRET).toString('base64').slice(4, 20));
    expect(text).not.toContain(Buffer.from(`user:${SECRET}`).toString('base64').slice(8, 30));
  });

  it('can be read for one service or one job, and a job has a log of its own', async () => {
    const ofService = await read({ service: 'side' });
    const ofJob = await read({ job: jobId });
    const own = await staithe.client.call('getJobLogs', { params: { job: jobId }, query: { limit: 10_000 } });

    expect(messages(ofService).filter((message) => message.startsWith('side '))).toHaveLength(200);
    expect(new Set(ofService.items.map(({ service }) => service))).toEqual(new Set(['side']));
    expect(messages(ofJob)).toEqual(messages(ofService));
    expect(messages(own)).toEqual(messages(ofService));
  });

  it('its last lines are those before the end', async () => {
    const all = messages(await read({ service: 'side' }));
    const last = await read({ service: 'side', tail: 3 });
    const most = await read({ service: 'side', tail: 10_000 });

    expect(messages(most)).toEqual(all);
    expect(messages(last)).toEqual(all.slice(-3));
    expect(last.complete).toBe(true);
  });

  it('is given as text with times and names, without colours and with the last state of a progress bar', async () => {
    const answer = await staithe.http('GET', `/v1/builds/${buildId}/logs?format=text&limit=10000`);
    const kept = await staithe.http('GET', `/v1/builds/${buildId}/logs?format=text&ansi=keep&limit=10000`);

    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(answer.headers.get('x-next-cursor')).toMatch(/^[\w-]+$/);
    expect(answer.headers.get('x-complete')).toBe('false');
    expect(answer.body).toMatch(/^\[\d\d:\d\d:\d\d\] app \| red$/m);
    expect(answer.body).toMatch(/^\[\d\d:\d\d:\d\d\] app \| progress 100%$/m);
    expect(answer.body).toMatch(/^\[\d\d:\d\d:\d\d\] side \| side 200$/m);
    expect(answer.body).toMatch(/^\[\d\d:\d\d:\d\d\] app \| \ufffd\ufffd no text $/m);
    expect(kept.body).toContain(`app | ${RED}`);
  });

  it('is given as JSON lines, colours and all, unless they are not wanted', async () => {
    const answer = await staithe.http('GET', `/v1/jobs/${jobId}/logs?format=jsonl&tail=2`);
    const whole = await staithe.http('GET', `/v1/builds/${buildId}/logs?format=jsonl&limit=10000`);
    const lines = (body: unknown) =>
      String(body)
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));

    expect(answer.headers.get('content-type')).toBe('application/x-ndjson');
    expect(lines(answer.body)).toEqual([
      expect.objectContaining({ service: 'side', attempt: 1, job_id: jobId }),
      expect.objectContaining({ message: expect.stringMatching(/^==> done/) }),
    ]);
    expect(lines(whole.body).map(({ message }) => message)).toContain(RED);
    expect(messages(await read({ ansi: 'strip' }))).toContain('red');
  });

  it('a line of a megabyte comes in pieces, and none of it is lost', async () => {
    const pieces = messages(await read({ service: 'app' })).filter((message) => /^x+$/.test(message));

    expect(pieces.length).toBeGreaterThan(5);
    expect(pieces.join('')).toHaveLength(1_000_000);
  });

  it("a job that is not the run's, and another project's job, are not found", async () => {
    const job = `job_${'0'.repeat(26)}`;

    const other = await staithe.http('GET', `/v1/builds/${buildId}/logs?job=${job}`);
    const none = await staithe.http('GET', `/v1/jobs/${job}/logs`);

    expect(other).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(none).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });
});
