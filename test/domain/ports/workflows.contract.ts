/** What the domain relies on in long-running work. */
import { expect, test } from 'vitest';
import type { Workflows } from '../../../lib/domain/ports/workflows.ts';

export interface WorkflowsUnderTest {
  readonly workflows: Workflows;
  /** The execution as it stands; `running` until it is stopped or ended. */
  find(name: string): Promise<{ status: string; input: unknown; reason?: string | undefined } | undefined>;
  /** Waits until the execution that was told to end has ended. */
  end(name: string): Promise<void>;
}

let names = 0;
const freshName = (): string => `run_${String(++names).padStart(26, '0')}`;

export function workflowsContract(subject: () => WorkflowsUnderTest): void {
  test('a workflow runs under its name with its input', async () => {
    const name = freshName();

    await subject().workflows.start('build', name, { run_id: name, end: false });

    expect(await subject().find(name)).toMatchObject({
      status: 'running',
      input: { run_id: name, end: false },
    });
  });

  test('a repeated start is no error and no second execution, with other input and after the end too', async () => {
    const name = freshName();
    const input = { run_id: name, end: true };
    await subject().workflows.start('build', name, input);

    await subject().workflows.start('build', name, input);
    await subject().workflows.start('build', name, { ...input, other: 1 });
    await subject().end(name);
    await subject().workflows.start('build', name, input);

    expect(await subject().find(name)).toMatchObject({ status: 'ended', input });
  });

  test('a stop ends it with the reason, and may be repeated', async () => {
    const name = freshName();
    await subject().workflows.start('build', name, { run_id: name, end: false });

    await subject().workflows.stop('build', name, 'cancelled by tok_1');
    await subject().workflows.stop('build', name, 'cancelled again');

    expect(await subject().find(name)).toMatchObject({ status: 'stopped', reason: 'cancelled by tok_1' });
  });

  test('how it stands can be asked: running, succeeded, stopped, or never there', async () => {
    const [running, succeeded, stopped, never] = [freshName(), freshName(), freshName(), freshName()];
    const { workflows } = subject();
    await workflows.start('build', running, { run_id: running, end: false });
    await workflows.start('build', succeeded, { run_id: succeeded, end: true });
    await subject().end(succeeded);
    await workflows.start('build', stopped, { run_id: stopped, end: false });
    await workflows.stop('build', stopped, 'cancelled');

    const states = [running, succeeded, stopped, never].map((name) => workflows.state('build', name));

    expect(await Promise.all(states)).toEqual(['running', 'succeeded', 'stopped', undefined]);
  });

  test('stopping what never was is no error', async () => {
    const name = freshName();

    await subject().workflows.stop('build', name, 'cancelled');

    expect(await subject().find(name)).toBeUndefined();
  });
}
