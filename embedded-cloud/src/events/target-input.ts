/** What a target receives of an event: the event, a constant (Input), a part (InputPath) or a template of parts. */
import { z } from 'zod';
import { AwsError } from '../service.ts';
import { isObject, type JsonObject } from './pattern/json.ts';

export const inputShape = z.object({
  Input: z.string().max(8192).optional(),
  InputPath: z.string().max(256).optional(),
  InputTransformer: z
    .object({
      InputPathsMap: z.record(z.string(), z.string().max(256)).optional(),
      InputTemplate: z.string().min(1).max(8192),
    })
    .optional(),
});
export type TargetInput = z.infer<typeof inputShape>;

/** Refuses what AWS refuses when the target is put: more than one way, a constant that is no JSON, a bad path. */
export function checkTargetInput(input: TargetInput, targetId: string): void {
  const ways = [input.Input, input.InputPath, input.InputTransformer].filter((way) => way !== undefined);
  if (ways.length > 1) {
    throw invalid(
      `Only one of Input, InputPath, or InputTransformer must be provided for target ${targetId}.`,
    );
  }
  if (input.Input !== undefined && parseJson(input.Input) === undefined) {
    throw invalid(`JSON syntax error in input for target ${targetId}`);
  }
  const paths = Object.values(input.InputTransformer?.InputPathsMap ?? {});
  for (const path of [...paths, ...(input.InputPath === undefined ? [] : [input.InputPath])]) parsePath(path);
}

/** @returns the text that the target gets: JSON, except where a template makes a plain string */
export function targetInput(
  input: TargetInput,
  event: JsonObject,
  rule: { arn: string; name: string },
): string {
  if (input.Input !== undefined) return input.Input;
  if (input.InputPath !== undefined) return JSON.stringify(valueAt(event, input.InputPath) ?? {});
  if (input.InputTransformer) return transform(input.InputTransformer, event, rule);
  return JSON.stringify(event);
}

function transform(
  transformer: NonNullable<TargetInput['InputTransformer']>,
  event: JsonObject,
  rule: { arn: string; name: string },
): string {
  const values = new Map<string, unknown>([
    ['aws.events.rule-arn', rule.arn],
    ['aws.events.rule-name', rule.name],
    ['aws.events.event.ingestion-time', event.time],
    ['aws.events.event', withoutDetail(event)],
    ['aws.events.event.json', event],
  ]);
  for (const [name, path] of Object.entries(transformer.InputPathsMap ?? {})) {
    values.set(name, valueAt(event, path));
  }
  return replacePlaceholders(transformer.InputTemplate, values);
}

/**
 * A placeholder inside quotes becomes the bare text, escaped; outside of them the value as JSON. A variable without a
 * value becomes nothing inside quotes and `""` outside, as EventBridge does to keep the output parsable.
 */
function replacePlaceholders(template: string, values: ReadonlyMap<string, unknown>): string {
  let quoted = false;
  let result = '';
  for (const token of template.match(/\\.|"|<[\w.-]+>|[^\\"<]+|[\s\S]/g) ?? []) {
    if (token === '"') quoted = !quoted;
    const name = /^<([\w.-]+)>$/.exec(token)?.[1];
    if (name === undefined || !values.has(name)) {
      result += token;
      continue;
    }
    const value = values.get(name);
    if (quoted)
      result +=
        typeof value === 'string'
          ? escaped(value)
          : value === undefined
            ? ''
            : escaped(JSON.stringify(value));
    else result += value === undefined ? '""' : JSON.stringify(value);
  }
  return result;
}

function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function withoutDetail(event: JsonObject): JsonObject {
  const { detail: _detail, ...rest } = event;
  return rest;
}

/** The value at a path such as `$.detail.items[0]['a b']`, or undefined. */
function valueAt(event: JsonObject, path: string): unknown {
  let value: unknown = event;
  for (const step of parsePath(path)) {
    if (Array.isArray(value)) value = value[Number(step)];
    else value = isObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  }
  return value;
}

function parsePath(path: string): string[] {
  const steps: string[] = [];
  const step = /\.([^.[\]]+)|\[(\d+)\]|\[(?:'([^']*)'|"([^"]*)")\]/y;
  step.lastIndex = 1;
  while (path.startsWith('$') && step.lastIndex < path.length) {
    const at = step.lastIndex;
    const match = step.exec(path);
    if (!match) throw invalid(`Invalid JSONPath ${path} at position ${at}`);
    steps.push(match[1] ?? match[2] ?? match[3] ?? match[4] ?? '');
  }
  if (!path.startsWith('$')) throw invalid(`Invalid JSONPath ${path}: it must begin with $`);
  return steps;
}

function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

function invalid(message: string): AwsError {
  return new AwsError('ValidationException', message);
}
