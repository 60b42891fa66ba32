import { expect, test } from 'vitest';
import { parse, processorTime } from '../../bench/processor.ts';
import { areaOf } from '../../bench/profile/areas.ts';
import { Assembler, byArea, type Told, totalOf } from '../../bench/profile/merge.ts';

const told = (values: Partial<Told>): Told => ({
  kind: 'gateway',
  from: 0,
  to: 1,
  startingMs: 0,
  cpuMs: 0,
  frames: [],
  ...values,
});

test('a message is put together from its lines in any order, between those of others', () => {
  const message = told({ kind: 'agent', cpuMs: 12, frames: [['run', 'file:///a.cjs', 0, 10, 3]] });
  const text = Buffer.from(JSON.stringify(message)).toString('base64');
  const other = Buffer.from(JSON.stringify(told({}))).toString('base64');
  const assembler = new Assembler();

  const answers = [
    assembler.take(`a 1 2 ${text.slice(40)}`),
    assembler.take(`b 0 1 ${other}`),
    assembler.take(`a 0 2 ${text.slice(0, 40)}`),
  ];

  expect(answers).toEqual([undefined, told({}), message]);
});

test("a process's time is divided as its samples are, and waiting is no time", () => {
  const frames: Told['frames'] = [
    ['(idle)', '', -1, -1, 1000],
    ['readSync', 'node:fs', 1, 1, 1000],
    ['work', 'a', 1, 1, 30],
    ['other', 'b', 1, 1, 10],
  ];
  const messages = [
    told({ kind: 'functions', startingMs: 20, cpuMs: 80, frames }),
    told({ kind: 'functions', cpuMs: 10, frames: [['work', 'a', 1, 1, 1]] }),
  ];

  const areas = byArea(messages, ({ file }) => file).get('functions') ?? new Map();

  expect(Object.fromEntries(areas)).toEqual({ 'Node: starting': 20, a: 70, b: 20 });
  expect(totalOf(areas)).toBe(110);
});

test.each([
  ['file:///x/node_modules/@smithy/core/dist-es/index.js', 'send', 'AWS SDK'],
  ['../../node_modules/@aws-sdk/client-s3/dist-es/S3.js', 'send', 'AWS SDK'],
  ['../../node_modules/zod/v4/core/parse.js', 'parse', 'zod'],
  ['../../lib/domain/execution/plan.ts', 'plan', 'lib/domain/execution'],
  ['../../lib/http/serve.ts', 'serve', 'lib/http'],
  ['../../functions/api/builds.ts', '', 'functions'],
  ['file:///x/embedded-cloud/src/dynamodb/engine.ts', 'ask', 'embedded cloud: dynamodb'],
  ['file:///x/embedded-cloud/src/cloud.ts', 'start', 'embedded cloud: cloud'],
  ['node:internal/modules/cjs/loader', 'wrapSafe', 'Node: loading and compiling'],
  ['node:internal/crypto/hash', 'update', 'Node: crypto'],
  ['node:_http_outgoing', 'end', 'Node: HTTP, sockets, streams'],
  ['', '(garbage collector)', 'V8: garbage collector'],
  ['', 'stringify', 'V8: JSON'],
])('of %s, %s belongs to %s', (file, name, area) => {
  expect(areaOf(file, name)).toBe(area);
});

test('processor time is read past a command that has spaces and parentheses in its name', () => {
  const counted = parse('42 (a ) b) S 7 42 42 0 -1 4194560 1 2 3 4 10 20 30 40 20 0 1 0');

  expect(counted).toEqual({ parent: 7, ticks: 100 });
});

test('a process has taken processor time, as far as the system tells', () => {
  const milliseconds = processorTime(process.pid);

  expect(process.platform === 'linux' ? milliseconds > 0 : Number.isNaN(milliseconds)).toBe(true);
});
