import { describe, expect, it } from 'vitest';
import { examine, parseDefinition } from '../../src/stepfunctions/validate.ts';

const END = { Type: 'Succeed' };
function machine(States: Record<string, unknown>, fields: Record<string, unknown> = {}): string {
  return JSON.stringify({ QueryLanguage: 'JSONata', StartAt: 'A', States, ...fields });
}
const pass = (fields: Record<string, unknown> = {}) => ({ Type: 'Pass', End: true, ...fields });
const map = (inner: unknown, fields: Record<string, unknown> = {}) => ({
  Type: 'Map',
  End: true,
  ItemProcessor: { StartAt: 'I', States: { I: inner } },
  ...fields,
});

describe('a definition', () => {
  it.each<[string, string, string, RegExp]>([
    ['that is no JSON', '{', '/', /no JSON/],
    ['in JSONPath', machine({ A: END }, { QueryLanguage: undefined }), '/QueryLanguage', /JSONata/],
    [
      'with a JSONPath field',
      machine({ A: pass({ ResultPath: '$.a' }) }),
      '/States/A',
      /ResultPath: JSONPath/,
    ],
    ['with an unknown field', machine({ A: pass({ Foo: 1 }) }), '/States/A', /Foo/],
    ['with an unknown type', machine({ A: { Type: 'Loop' } }), '/States/A/Type', /./],
    ['without its first state', machine({ B: END }), '/StartAt', /'A'/],
    [
      'with a target that does not exist',
      machine({ A: { Type: 'Pass', Next: 'X' }, B: END }),
      '/States/A/Next',
      /'X'/,
    ],
    [
      'with a target in another scope',
      machine({ A: map({ Type: 'Pass', Next: 'B' }, { End: undefined, Next: 'B' }), B: END }),
      '/States/A/ItemProcessor/States/I/Next',
      /'B'/,
    ],
    ['with a state that nothing leads to', machine({ A: pass(), B: END }), '/States/B', /No state leads/],
    ['without an end', machine({ A: { Type: 'Pass', Next: 'A' } }), '', /terminal/],
    ['with neither Next nor End', machine({ A: { Type: 'Pass' } }), '/States/A', /Next or End/],
    ['with both Next and End', machine({ A: pass({ Next: 'A' }) }), '/States/A', /Next or End/],
    [
      'with a syntax error in an expression',
      machine({ A: pass({ Output: ['{% 1 + %}'] }) }),
      '/States/A/Output/0',
      /JSONata/,
    ],
    ['with two states of one name', machine({ A: map(pass()), I: END }), '/States/I', /unique/],
    [
      'that assigns an outer variable inside',
      machine({
        A: { Type: 'Pass', Assign: { v: 1 }, Next: 'M' },
        M: map(pass({ Assign: { v: 2 } })),
      }),
      '/States/M/ItemProcessor',
      /'v'/,
    ],
    ['that assigns states', machine({ A: pass({ Assign: { states: 1 } }) }), '/States/A/Assign/states', /./],
    ['with a Wait without a time', machine({ A: { Type: 'Wait', End: true } }), '/States/A', /exactly one/],
    [
      'with an unknown integration',
      machine({ A: { Type: 'Task', End: true, Resource: 'arn:aws:states:::sqs:sendMessage' } }),
      '/States/A/Resource',
      /sqs:sendMessage/,
    ],
    [
      'with an unknown SDK service',
      machine({ A: { Type: 'Task', End: true, Resource: 'arn:aws:states:::aws-sdk:braket:createJob' } }),
      '/States/A/Resource',
      /braket/,
    ],
    [
      'with States.ALL before another clause',
      machine({
        A: {
          ...map(END),
          Catch: [
            { ErrorEquals: ['States.ALL'], Next: 'B' },
            { ErrorEquals: ['X'], Next: 'B' },
          ],
        },
        B: END,
      }),
      '/States/A/Catch/0/ErrorEquals',
      /last/,
    ],
    [
      'with a distributed Map',
      machine({
        A: {
          ...map(END),
          ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED' }, StartAt: 'I', States: { I: END } },
        },
      }),
      '/States/A/ItemProcessor/ProcessorConfig/Mode',
      /INLINE/,
    ],
    [
      'with a retry interval of zero',
      machine({ A: { ...map(END), Retry: [{ ErrorEquals: ['X'], IntervalSeconds: 0 }] } }),
      '/States/A/Retry/0/IntervalSeconds',
      /./,
    ],
  ])('%s is refused, and the finding names the place', (_what, text, location, message) => {
    const { findings } = examine(text);

    expect(findings).toContainEqual({ location, message: expect.stringMatching(message) });
    expect(() => parseDefinition(text)).toThrow(expect.objectContaining({ code: 'InvalidDefinition' }));
  });

  it('with many faults names them all', () => {
    const { findings } = examine(machine({ A: { Type: 'Pass', Next: 'X' }, B: { Type: 'Wait', End: true } }));

    expect(findings.map(({ location }) => location).sort()).toEqual([
      '',
      '/States/A/Next',
      '/States/B',
      '/States/B',
    ]);
  });

  it('that asl-validator accepts is accepted', async () => {
    const { default: aslValidator } = await import('asl-validator');
    const text = machine(
      {
        A: {
          Type: 'Task',
          Resource: 'arn:aws:states:::codebuild:startBuild.sync',
          Arguments: { ProjectName: '{% $states.input.project %}' },
          Assign: { build: '{% $states.result.Build.Id %}' },
          TimeoutSeconds: 3600,
          Retry: [
            {
              ErrorEquals: ['States.TaskFailed'],
              IntervalSeconds: 2,
              BackoffRate: 2,
              MaxAttempts: 2,
              JitterStrategy: 'FULL',
              MaxDelaySeconds: 60,
            },
          ],
          Catch: [{ ErrorEquals: ['States.ALL'], Next: 'F', Output: '{% $states.errorOutput %}' }],
          Next: 'C',
        },
        C: { Type: 'Choice', Choices: [{ Condition: '{% $exists($build) %}', Next: 'M' }], Default: 'F' },
        M: map(pass({ Output: '{% $build %}' }), { Items: '{% [1..3] %}', MaxConcurrency: 2 }),
        F: { Type: 'Fail', Error: '{% $states.input.Error %}' },
      },
      { TimeoutSeconds: 7200 },
    );

    expect(aslValidator(JSON.parse(text)).isValid).toBe(true);
    expect(examine(text).findings).toEqual([]);
  });
});
