import { afterEach, describe, expect, it, vi } from 'vitest';
import { isLogsService } from '../../src/logs/index.ts';
import { sweepExpired } from '../../src/logs/retention.ts';
import { openLogStore } from '../../src/logs/store.ts';
import { messages, open, place, setUp } from './group.ts';

afterEach(async () => {
  for (const cloud of open.splice(0)) await cloud.close();
});

describe('GetLogEvents', () => {
  it('follows a stream: at the end the same token comes back, and later finds what was added', async () => {
    const { put, read } = await setUp();
    await put(['1', '2', '3']);

    const first = await read({ startFromHead: true, limit: 2 });
    const second = await read({ nextToken: first.nextForwardToken, startFromHead: true });
    const end = await read({ nextToken: second.nextForwardToken, startFromHead: true });
    await put(['4']);
    const later = await read({ nextToken: end.nextForwardToken, startFromHead: true });

    expect([first, second, end, later].map(messages)).toEqual([['1', '2'], ['3'], [], ['4']]);
    expect(end.nextForwardToken).toBe(second.nextForwardToken);
  });

  it('gives the latest first page by page backward, each page in order', async () => {
    const { put, read } = await setUp();
    await put(['1', '2', '3', '4', '5']);

    const last = await read({ limit: 2 });
    const middle = await read({ nextToken: last.nextBackwardToken, limit: 2 });
    const first = await read({ nextToken: middle.nextBackwardToken, limit: 2 });
    const none = await read({ nextToken: first.nextBackwardToken, limit: 2 });

    expect([last, middle, first, none].map(messages)).toEqual([['4', '5'], ['2', '3'], ['1'], []]);
    expect(none.nextBackwardToken).toBe(first.nextBackwardToken);
    expect(messages(await read({ nextToken: none.nextForwardToken }))).toEqual(['1', '2', '3', '4', '5']);
  });

  it('begins an empty stream with a token that finds its first event', async () => {
    const { put, read } = await setUp();
    const empty = await read({ startFromHead: true });

    await put(['first']);

    expect(messages(await read({ nextToken: empty.nextForwardToken }))).toEqual(['first']);
  });

  it('includes startTime and excludes endTime', async () => {
    const { cloud, put, read } = await setUp();
    const now = cloud.now();
    await put(['a'], now - 2);
    await put(['b'], now - 1);
    await put(['c'], now);

    expect(messages(await read({ startTime: now - 2, endTime: now }))).toEqual(['a', 'b']);
  });
});

describe('PutLogEvents', () => {
  it('refuses what is out of order, too long or too much, with nothing written', async () => {
    const { cloud, call, put, read } = await setUp();
    const now = cloud.now();
    const logEvents = [
      { timestamp: now, message: 'late' },
      { timestamp: now - 1, message: 'early' },
    ];

    await expect(call('PutLogEvents', { ...place, logEvents })).rejects.toThrow(/chronological order/);
    await expect(put(['x'.repeat(262_144)])).rejects.toThrow(/Log event too large/);
    await expect(put(Array.from({ length: 5 }, () => 'x'.repeat(250_000)))).rejects.toThrow(
      /Upload too large/,
    );
    await expect(put(Array.from({ length: 10_001 }, () => 'x'))).rejects.toMatchObject({
      code: 'InvalidParameterException',
    });
    expect(messages(await read({}))).toEqual([]);
  });

  it('takes what lies in the window of time and tells the rest by index', async () => {
    const { cloud, call, read } = await setUp();
    const now = cloud.now();
    const send = (...times: number[]) =>
      call('PutLogEvents', {
        ...place,
        logEvents: times.map((timestamp) => ({ timestamp, message: String(timestamp - now) })),
      });

    const future = await send(now, now + 3 * 3_600_000);
    const past = await send(now - 15 * 86_400_000);

    expect(future).toMatchObject({ rejectedLogEventsInfo: { tooNewLogEventStartIndex: 1 } });
    expect(past).toMatchObject({ rejectedLogEventsInfo: { tooOldLogEventEndIndex: 1 } });
    expect(messages(await read({}))).toEqual(['0']);
  });

  it('asks for the permission on the stream, and group actions on the group with an empty stream', async () => {
    const { cloud, put, filter } = await setUp();

    await put(['x']);
    await filter({});

    const resources = cloud.authorized.slice(-2).map(({ action, resource }) => [action, resource]);
    expect(resources).toEqual([
      ['logs:PutLogEvents', 'arn:aws:logs:eu-central-1:123456789012:log-group:g:log-stream:s'],
      ['logs:FilterLogEvents', 'arn:aws:logs:eu-central-1:123456789012:log-group:g:log-stream:'],
    ]);
  });
});

describe('the logs service', () => {
  it('keeps lines of in-cloud writers on disk when append settles, and tells listeners', async () => {
    const { cloud, service } = await setUp();
    const heard = vi.fn();
    service.onAppend(heard);

    await service.append('/new', 'stream', ['a', 'b']);

    const reader = openLogStore(cloud.stateDir('logs'));
    expect(reader.findStream(reader.findGroup('/new')?.id ?? 0, 'stream')?.last_sequence).toBe(2);
    reader.close();
    expect(heard).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ group: '/new', stream: 'stream' }),
    );
    expect(isLogsService(cloud.service('logs'))).toBe(true);
  });

  it('deletes what is older than the retention and keeps the rest', async () => {
    const { cloud, call, service, filter } = await setUp();
    await call('PutRetentionPolicy', { logGroupName: 'g', retentionInDays: 1 });
    const now = cloud.now();
    await service.append('g', 's', [
      { timestamp: now - 2 * 86_400_000, message: 'old' },
      { timestamp: now, message: 'new' },
    ]);

    const store = openLogStore(cloud.stateDir('logs'));
    await sweepExpired({ cloud, store });
    store.close();

    expect(messages(await filter({}))).toEqual(['new']);
    await expect(call('PutRetentionPolicy', { logGroupName: 'g', retentionInDays: 2 })).rejects.toThrow(
      /enum value set/,
    );
  });

  it('gives a group of the template its ARN with the star, and keeps its lines at the next start', async () => {
    const { cloud, put, filter } = await setUp();
    await put(['kept']);

    const group = await cloud.provide('AWS::Logs::LogGroup', { LogGroupName: 'g', RetentionInDays: 30 });

    expect(group).toEqual({
      ref: 'g',
      attributes: { Arn: 'arn:aws:logs:eu-central-1:123456789012:log-group:g:*' },
    });
    expect(messages(await filter({}))).toEqual(['kept']);
    await expect(cloud.provide('AWS::Logs::SubscriptionFilter', {})).rejects.toThrow(/subscription filters/);
  });

  it('says that a group or stream exists already, or does not', async () => {
    const { call } = await setUp();

    await expect(call('CreateLogGroup', { logGroupName: 'g' })).rejects.toMatchObject({
      code: 'ResourceAlreadyExistsException',
    });
    await expect(call('CreateLogStream', place)).rejects.toMatchObject({
      code: 'ResourceAlreadyExistsException',
    });
    await expect(call('GetLogEvents', { ...place, logStreamName: 'no' })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    });
    await expect(call('StartLiveTail', {})).rejects.toMatchObject({ code: 'NotImplemented' });
  });
});
