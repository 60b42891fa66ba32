/** The parts of a CloudFormation template that the embedded cloud reads. What it does not know is left out, not refused. */
import { z } from 'zod';

const resourceSchema = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  DependsOn: z.union([z.string().transform((one) => [one]), z.array(z.string())]).default([]),
  Condition: z.string().optional(),
  DeletionPolicy: z.string().optional(),
  Metadata: z.record(z.string(), z.unknown()).optional(),
});

const parameterSchema = z.object({
  Type: z.string(),
  Default: z.union([z.string(), z.number(), z.boolean()]).transform(String).optional(),
});

const outputSchema = z.object({
  Value: z.unknown(),
  Condition: z.string().optional(),
  Export: z.object({ Name: z.unknown() }).optional(),
});

export const templateSchema = z.object({
  Parameters: z.record(z.string(), parameterSchema).default({}),
  Mappings: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown()))).default({}),
  Conditions: z.record(z.string(), z.unknown()).default({}),
  Resources: z.record(z.string(), resourceSchema).default({}),
  Outputs: z.record(z.string(), outputSchema).default({}),
  Transform: z.unknown().optional(),
});

export type Template = z.infer<typeof templateSchema>;
export type TemplateResource = z.infer<typeof resourceSchema>;

/** What is wrong with a template, or with making one of its resources. Its message names the logical id. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
