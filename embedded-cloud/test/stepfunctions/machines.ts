import { ROLE, type TestCloud } from './cloud.ts';

export const PASS = { QueryLanguage: 'JSONata', StartAt: 'A', States: { A: { Type: 'Pass', End: true } } };

export const LONG = {
  QueryLanguage: 'JSONata',
  StartAt: 'A',
  States: { A: { Type: 'Wait', Seconds: 1000, End: true } },
};

/** @returns the ARN of the machine */
export async function create(
  test: TestCloud,
  name: string,
  definition: unknown = PASS,
  more: Record<string, unknown> = {},
): Promise<string> {
  const input = { name, roleArn: ROLE, definition: JSON.stringify(definition), ...more };
  return String((await test.act('CreateStateMachine', input)).stateMachineArn);
}
