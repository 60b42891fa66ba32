/** State machines as `stepfunctions/*.asl.yaml` has them, with the lists that the code has too filled in. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { START_REFUSED } from '../aws/codebuild/refused-start.ts';
import type { WorkflowName } from '../domain/ports/workflows.ts';
import { THROTTLED_STEP } from '../domain/throttling.ts';

/** Lists of error names that the domain reads as well: written once, and in a definition by this name. */
const LISTS = { StartRefused: START_REFUSED, Throttled: THROTTLED_STEP } as const;

/** @returns the definition; what is known at deployment only (`${PlainProject}`) is still to be substituted */
export function definitionOf(name: WorkflowName): unknown {
  const file = new URL(`../../stepfunctions/${name}.asl.yaml`, import.meta.url);
  const text = Object.entries(LISTS).reduce(
    (filled, [list, names]) => filled.replaceAll(`\${${list}}`, JSON.stringify(names)),
    readFileSync(file, 'utf8'),
  );
  return parse(text, { merge: true });
}
