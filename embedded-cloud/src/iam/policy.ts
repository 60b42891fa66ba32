/**
 * Policy documents, checked and compiled
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html).
 */
import { z } from 'zod';
import { AwsError } from '../service.ts';
import { type Condition, compileCondition } from './conditions.ts';
import { type Pattern, patternWithVariables, wildcard } from './pattern.ts';

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const list = z.union([scalar.transform((value) => [value]), z.array(scalar)]);
const principal = z.union([z.literal('*').transform(() => ({ AWS: ['*'] })), z.record(z.string(), list)]);

const statementSchema = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: list.optional(),
  NotAction: list.optional(),
  Resource: list.optional(),
  NotResource: list.optional(),
  Principal: principal.optional(),
  NotPrincipal: principal.optional(),
  Condition: z.record(z.string(), z.record(z.string(), list)).optional(),
});

const documentSchema = z.object({
  Version: z.string().optional(),
  Statement: z.union([statementSchema.transform((one) => [one]), z.array(statementSchema)]),
});

/** Patterns of which one must match, or, negated, none may. */
export interface PatternSet {
  readonly negated: boolean;
  readonly patterns: readonly Pattern[];
}

export interface Statement {
  readonly sid: string | undefined;
  readonly effect: 'Allow' | 'Deny';
  /** Matched against actions in lower case: IAM compares actions without regard to case. */
  readonly actions: PatternSet;
  /** Left out in trust policies, whose resource is the role itself. */
  readonly resources: PatternSet | undefined;
  /** Only in resource policies: principals by kind (`AWS`, `Service`, `Federated`, `CanonicalUser`). */
  readonly principals:
    | { readonly negated: boolean; readonly byKind: Record<string, readonly string[]> }
    | undefined;
  readonly condition: Condition | undefined;
}

/**
 * Parses a policy document, given as an object or as JSON text.
 * @throws AwsError `MalformedPolicyDocument`, with what is wrong
 */
export function parsePolicy(document: unknown): Statement[] {
  const parsed = documentSchema.safeParse(typeof document === 'string' ? parseJson(document) : document);
  if (!parsed.success) throw malformed(z.prettifyError(parsed.error));
  return parsed.data.Statement.map(compileStatement);
}

function compileStatement(source: z.infer<typeof statementSchema>): Statement {
  const actions = patternSet(source.Action, source.NotAction, (source) => ({
    ...wildcard(source.toLowerCase()),
    source,
  }));
  if (actions === undefined) throw malformed('A statement needs Action or NotAction.');
  const principals = source.Principal ?? source.NotPrincipal;
  return {
    sid: source.Sid,
    effect: source.Effect,
    actions,
    resources: patternSet(source.Resource, source.NotResource, patternWithVariables),
    principals: principals && { negated: source.Principal === undefined, byKind: principals },
    condition: source.Condition && compiledCondition(source.Condition),
  };
}

function patternSet(
  positive: readonly string[] | undefined,
  negative: readonly string[] | undefined,
  compile: (text: string) => Pattern,
): PatternSet | undefined {
  const texts = positive ?? negative;
  return texts && { negated: positive === undefined, patterns: texts.map(compile) };
}

function compiledCondition(element: Record<string, Record<string, string[]>>): Condition {
  try {
    return compileCondition(element);
  } catch (error) {
    throw malformed(error instanceof Error ? error.message : String(error));
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed('The policy is not JSON.');
  }
}

function malformed(detail: string): AwsError {
  return new AwsError('MalformedPolicyDocument', `The policy document is not valid: ${detail}`);
}
