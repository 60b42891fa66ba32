import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stepfunctions } from '../../src/stepfunctions/index.ts';
import { finish, ROLE, type TestCloud, testCloud } from './cloud.ts';

let test: TestCloud;
beforeEach(() => {
  test = testCloud();
});
afterEach(() => test.close());

// CloudFormation's placeholder, not a template string's.
const PLACEHOLDER = '$' + '{Greeting}';
const definition = {
  QueryLanguage: 'JSONata',
  StartAt: 'A',
  States: { A: { Type: 'Pass', Output: PLACEHOLDER, End: true } },
};

async function provide(properties: Record<string, unknown>) {
  return test.service.resources?.['AWS::StepFunctions::StateMachine']?.({
    type: 'AWS::StepFunctions::StateMachine',
    logicalId: 'Workflow',
    generatedName: 'Stack-Workflow-12345678',
    properties: { RoleArn: ROLE, ...properties },
    definition: {},
  });
}
async function run(stateMachineArn: string) {
  const { executionArn } = await test.act('StartExecution', { stateMachineArn });
  return finish(test, String(executionArn));
}

describe('AWS::StepFunctions::StateMachine', () => {
  it.each([
    ['DefinitionString', { DefinitionString: JSON.stringify(definition) }],
    ['Definition', { Definition: definition }],
  ])('takes %s with its substitutions', async (_what, properties) => {
    const made = await provide({ ...properties, DefinitionSubstitutions: { Greeting: 'say "hi"' } });

    const arn = 'arn:aws:states:eu-central-1:123456789012:stateMachine:Stack-Workflow-12345678';
    expect(made).toMatchObject({
      ref: arn,
      attributes: { Arn: arn, Name: 'Stack-Workflow-12345678', StateMachineRevisionId: expect.any(String) },
    });
    expect((await run(arn)).output).toBe('say "hi"');
  });

  it('takes DefinitionS3Location in YAML', async () => {
    const path = join(test.folder, 'workflow.yaml');
    writeFileSync(path, 'QueryLanguage: JSONata\nStartAt: A\nStates:\n  A: { Type: Succeed, Output: 5 }\n');
    const cloud = { ...test.cloud, asset: () => ({ path, packaging: 'file' as const }) };
    void test.service.stop?.();
    test.service = stepfunctions(cloud, test.clock);

    const made = await provide({
      StateMachineName: 'named',
      DefinitionS3Location: { Bucket: 'b', Key: 'k' },
    });

    expect((await run(String(made?.ref))).output).toBe(5);
  });

  it('is made again at every start, with a new revision only when it changed', async () => {
    const first = await provide({ Definition: definition });
    const second = await provide({ Definition: definition });
    const third = await provide({ Definition: definition, DefinitionSubstitutions: { Greeting: 'other' } });

    expect(second).toEqual(first);
    expect(third?.ref).toBe(first?.ref);
    expect(third?.attributes.StateMachineRevisionId).not.toBe(first?.attributes.StateMachineRevisionId);
  });

  it('that is broken is refused with its logical id and the place of the fault', async () => {
    const broken = provide({ Definition: { ...definition, StartAt: 'B' } });

    await expect(broken).rejects.toThrow(/Workflow.*There is no state 'B' at \/StartAt/);
  });
});
