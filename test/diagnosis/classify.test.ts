import { describe, expect, test } from 'vitest';
import { classify } from '../../lib/domain/diagnosis/classify.ts';
import { FAILURE_CODES } from '../../lib/domain/diagnosis/codes.ts';
import type { Facts } from '../../lib/domain/diagnosis/facts.ts';
import { PHASES } from '../../lib/domain/diagnosis/phase.ts';
import { TOOLS } from '../../lib/domain/diagnosis/rules/index.ts';
import { FailureCode } from '../../lib/domain/execution/model/run.ts';

const of = (facts: Partial<Facts>) =>
  classify({ phase: 'command', exit_code: 1, command: 'make', last_lines: [], ...facts });

describe('a failure', () => {
  test.each([
    ['fetch', 'source_error'],
    ['clone', 'clone_error'],
    ['unpack', 'source_error'],
    ['prepare', 'manifest_error'],
    ['command', 'build_error'],
    ['image', 'build_error'],
    ['push', 'registry_error'],
    ['pack', 'build_error'],
    ['upload', 'internal_error'],
    ['agent', 'internal_error'],
  ] as const)('in the phase %s is a %s when nothing says otherwise', (phase, code) => {
    expect(of({ phase }).code).toBe(code);
  });

  test.each(PHASES)('in the phase %s is a lack of resources when the disk is full', (phase) => {
    expect(of({ phase, disk_full: true })).toMatchObject({ code: 'resource_error' });
  });

  test('is what its phase allows: a log of npm says nothing about a clone', () => {
    const lines = ['npm error code ECONNREFUSED'];

    expect(of({ last_lines: lines }).code).toBe('registry_error');
    expect(of({ phase: 'clone', last_lines: lines }).code).toBe('clone_error');
  });

  test('is what the tool says that spoke last, and not an error that the build survived', () => {
    const survived = ["fatal: repository 'https://git.example.com/a.git/' not found"];

    expect(of({ last_lines: survived }).code).toBe('clone_error');
    expect(of({ last_lines: [...survived, 'main.c:1:8: error: expected expression'] }).code).toBe(
      'build_error',
    );
  });

  test('ends as cancelled or at its time limit whatever was printed', () => {
    const lines = ['npm error code E401'];

    expect(of({ cancelled: true, last_lines: lines }).code).toBe('cancelled');
    expect(of({ timed_out_after: 60, last_lines: lines })).toMatchObject({
      code: 'timeout_error',
      message: "The job was stopped after 60 seconds, the service's `timeout`, during 'make'.",
    });
  });
});

test.each([
  ['service', "raise the service's `timeout` in staithe.yaml"],
  ['run', "Increase the run's time limit: `--timeout` of `staithe build create`"],
] as const)('when the time of the %s is up, the hint names where it is set', (timeOf, advice) => {
  expect(of({ timed_out_after: 60, time_of: timeOf }).hint).toContain(advice);
});

test('an error of no known tool is quoted, and not the warnings after it', () => {
  const lines = ['frob: error: no such target: api', 'warning: no cache was written', 'error: gave up'];

  expect(of({ last_lines: lines }).message).toContain('frob: error: no such target: api');
});

describe('a kill', () => {
  const killed = { exit_code: undefined, signal: 'SIGKILL' };

  test.each([
    ['the kernel has counted one', { ...killed, out_of_memory: true }],
    ['the kernel has counted one below a shell', { exit_code: 137, out_of_memory: true }],
    ['the shell says so of its child', { exit_code: 137, last_lines: ['Killed'] }],
    ['make says so of its child', { exit_code: 2, last_lines: ['make: *** [Makefile:2: app] Killed'] }],
  ])('is for want of memory when %s', (_, facts) => {
    expect(of(facts)).toMatchObject({
      code: 'resource_error',
      hint: expect.stringContaining('resources.compute'),
    });
  });

  test.each([
    ['nobody says why', killed],
    ['137 is a program’s own exit status', { exit_code: 137 }],
    [
      '137 is what a recipe gave back',
      { exit_code: 2, last_lines: ['make: *** [Makefile:2: app] Error 137'] },
    ],
    ['a test prints the word', { exit_code: 1, last_lines: ['Killed', 'Tests:       1 failed, 1 total'] }],
  ])('is no lack of memory when %s', (_, facts) => {
    expect(of(facts).code).toBe('build_error');
  });
});

describe('the rules', () => {
  const lines = TOOLS.flatMap((tool) => tool.rules.map((rule) => rule.line));

  test('begin at the beginning of a line', () => {
    expect(lines.filter((line) => !line.source.startsWith('^') || /[gmy]/.test(line.flags))).toEqual([]);
  });

  test('end on lines of 2000 characters that almost fit: none tries without end', () => {
    const fillers = [
      'a',
      ' ',
      ': ',
      '/',
      '-',
      'Error: ',
      '[ERROR] Failed to execute goal ',
      'npm error code ',
    ];
    const long = fillers.map((filler) => filler.repeat(2000).slice(0, 2000));

    expect(lines.flatMap((line) => long.map((text) => line.test(text))).length).toBe(
      lines.length * long.length,
    );
  });
});

test.each(FailureCode.options)('the code %s is explained', (code) => {
  expect(FAILURE_CODES[code].meaning).toMatch(/^[A-Z].+\.$/);
  expect(FAILURE_CODES[code].hint).toMatch(/^[A-Z].+\.$/);
});
