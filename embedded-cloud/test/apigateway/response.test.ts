import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../test-kit/patience.ts';
import { type PetsApi, startPetsApi } from './pets-api.ts';

let api: PetsApi;
beforeAll(async () => {
  api = await startPetsApi();
});
afterAll(() => api.running.close());

describe('a response', () => {
  test.each([
    ['plain', 200, 'application/json', 'text'],
    ['object', 200, 'application/json', '{"a":1}'],
    ['nothing', 200, 'application/json', 'null'],
    ['full', 201, 'text/html', '<p>'],
    ['malformed', 500, 'application/json', '{"message":"Internal Server Error"}'],
    ['body', 500, 'application/json', '{"message":"Internal Server Error"}'],
    ['fails', 500, 'application/json', '{"message":"Internal Server Error"}'],
    ['slow', 503, 'application/json', '{"message":"Service Unavailable"}'],
  ])('of the kind %s becomes a %i', async (kind, status, type, body) => {
    const response = await api.get(`/answers/${kind}`);

    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe(type);
    expect(await response.text()).toBe(body);
  });

  test('has its own headers, each cookie in a header of its own, and decoded bytes', async () => {
    const [full, binary] = [await api.get('/answers/full'), await api.get('/answers/binary')];

    expect(full.headers.get('x-one')).toBe('a');
    expect(full.headers.getSetCookie()).toEqual(['a=1; HttpOnly', 'b=2']);
    expect([...new Uint8Array(await binary.arrayBuffer())]).toEqual([0, 1, 2, 255]);
  });
});

test('a function whose permission is for another route is not invoked', async () => {
  const response = await api.get('/forbidden');

  expect([response.status, await response.json()]).toEqual([500, { message: 'Internal Server Error' }]);
  expect(api.running.log.join('\n')).toMatch(/GET \/forbidden: .*lambda:InvokeFunction/);
});

test('requests beyond the burst are throttled', async () => {
  const answers = [];
  for (let count = 0; count < 3; count++) answers.push(await api.get('/limited'));

  expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
  // A thousandth of a request a second: the next token is there in a quarter of an hour.
  expect(Number(answers[2]?.headers.get('retry-after'))).toBeGreaterThan(900);
  expect(await answers[2]?.json()).toEqual({ message: 'Too Many Requests' });
});

describe('CORS', () => {
  const preflight = (origin: string) =>
    fetch(`${api.base}/guarded/x`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'GET' },
    });

  test('preflights are answered by the API, without the authorizer', async () => {
    const [known, unknown] = [
      await preflight('https://app.example'),
      await preflight('https://evil.example'),
    ];

    expect([known.status, unknown.status]).toEqual([204, 204]);
    expect(Object.fromEntries(known.headers)).toMatchObject({
      'access-control-allow-origin': 'https://app.example',
      'access-control-allow-methods': 'GET,POST',
      'access-control-allow-headers': 'authorization',
      'access-control-max-age': '60',
    });
    expect(unknown.headers.has('access-control-allow-origin')).toBe(false);
  });

  test('the settings of the API replace what the function says', async () => {
    const [known, unknown] = [
      await api.get('/answers/cors', { origin: 'https://app.example' }),
      await api.get('/answers/cors'),
    ];

    expect(known.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(unknown.headers.has('access-control-allow-origin')).toBe(false);
  });
});

test('every request leaves a line in the access log, in the format of the stage', async () => {
  const client = new CloudWatchLogsClient({
    region: 'us-east-1',
    endpoint: api.running.cloud.endpoint,
    credentials: api.running.cloud.operator,
  });

  const response = await api.get('/guarded/logged', { authorization: 'good' });

  const id = response.headers.get('apigw-requestid');
  await eventually(async () => {
    const { events } = await client.send(new FilterLogEventsCommand({ logGroupName: 'access' }));
    const lines = events?.map(({ message }) => JSON.parse(message ?? '{}'));
    expect(lines).toContainEqual({
      id,
      route: 'ANY /guarded/{what}',
      status: '200',
      path: '/guarded/logged',
      none: '-',
      user: 'ann',
    });
  });
  client.destroy();
});
