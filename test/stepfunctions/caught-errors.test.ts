import { readFileSync } from 'node:fs';
import jsonata from 'jsonata';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

/** The output expressions of every Catch in a definition, wherever it stands. */
function caughtOutputs(definition: unknown): string[] {
  if (typeof definition !== 'object' || definition === null) return [];
  const catches: unknown = Reflect.get(definition, 'Catch');
  const own = Array.isArray(catches)
    ? catches
        .flatMap((one) => Object.values<string>(one.Output ?? {}))
        .filter((text) => /errorOutput/.test(text))
    : [];
  return [...own, ...Object.values(definition).flatMap(caughtOutputs)];
}

test.each(['build', 'deployment', 'trigger'])(
  'the %s workflow catches errors without a cause, such as timeouts: no expression finds nothing',
  async (name) => {
    const file = new URL(`../../stepfunctions/${name}.asl.yaml`, import.meta.url);
    const outputs = caughtOutputs(parse(readFileSync(file, 'utf8')));

    const values = outputs.map((text) =>
      jsonata(text.replace(/^\{%|%\}$/g, '')).evaluate(
        {},
        { states: { errorOutput: { Error: 'States.Timeout' } } },
      ),
    );

    expect(outputs.length).toBeGreaterThan(0);
    // Step Functions ends an execution with States.QueryEvaluationError when an expression gives nothing.
    for (const value of await Promise.all(values)) expect(value).toBeTypeOf('string');
  },
);
