/** What the emulated Lambda keeps about a function: one document a function, so that every change is one atomic write. */
import { z } from 'zod';
import { imageConfigSchema, imageSchema } from './image/image-config.ts';

const loggingSchema = z.object({
  LogFormat: z.enum(['Text', 'JSON']).default('Text'),
  ApplicationLogLevel: z.enum(['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL']).optional(),
  SystemLogLevel: z.enum(['DEBUG', 'INFO', 'WARN']).optional(),
  LogGroup: z.string().optional(),
});

/** Code of a version: where it lies unpacked, and what identifies it. */
const codeSchema = z.object({
  /** Folder with the code; an asset of the template is used in place, uploads lie under the state folder. Of an image, its root. */
  folder: z.string(),
  /** Base64 SHA-256 of the deployment package; of an image, the hex digits of its digest. */
  sha256: z.string(),
  /** Bytes of the deployment package; 0 of an image, as Lambda tells it. */
  size: z.number(),
  image: imageSchema.optional(),
});
export type Code = z.infer<typeof codeSchema>;

/** What a published version freezes. */
export const settingsSchema = z.object({
  /** The runtime and the handler are '' for images, which bring their own. */
  runtime: z.string().default(''),
  handler: z.string().default(''),
  imageConfig: imageConfigSchema.optional(),
  role: z.string(),
  description: z.string().default(''),
  /** Seconds, 1 to 900. */
  timeout: z.number().default(3),
  /** MB, 128 to 10240. */
  memorySize: z.number().default(128),
  environment: z.record(z.string(), z.string()).default({}),
  architectures: z.array(z.string()).default(['x86_64']),
  ephemeralStorage: z.number().default(512),
  tracing: z.enum(['Active', 'PassThrough']).default('PassThrough'),
  logging: loggingSchema.prefault({}),
});
export type Settings = z.infer<typeof settingsSchema>;

const versionSchema = z.object({
  /** `$LATEST` or a number as a string. */
  version: z.string(),
  settings: settingsSchema,
  code: codeSchema,
  lastModified: z.string(),
  revisionId: z.string(),
  /** https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html */
  state: z.enum(['Pending', 'Active', 'Failed']),
  lastUpdateStatus: z.enum(['InProgress', 'Successful', 'Failed']),
  /** Why its state, or that of its update, is `Failed`. */
  failure: z.string().optional(),
  /** What answers while an update is in progress, and again when it has failed. */
  former: z.object({ settings: settingsSchema, code: codeSchema, revisionId: z.string() }).optional(),
});
export type Version = z.infer<typeof versionSchema>;

const aliasSchema = z.object({
  version: z.string(),
  description: z.string().default(''),
  revisionId: z.string(),
  /** Share (0 to 1) of the invocations that go to another version. */
  weights: z.record(z.string(), z.number()).default({}),
});
export type Alias = z.infer<typeof aliasSchema>;

export const corsSchema = z.object({
  AllowCredentials: z.boolean().optional(),
  AllowHeaders: z.array(z.string()).optional(),
  AllowMethods: z.array(z.string()).optional(),
  AllowOrigins: z.array(z.string()).optional(),
  ExposeHeaders: z.array(z.string()).optional(),
  MaxAge: z.number().optional(),
});

const urlSchema = z.object({
  url: z.string(),
  port: z.number(),
  authType: z.enum(['NONE', 'AWS_IAM']),
  cors: corsSchema.optional(),
  created: z.string(),
  modified: z.string(),
});
export type FunctionUrl = z.infer<typeof urlSchema>;

const policySchema = z.object({
  revisionId: z.string(),
  statements: z.array(z.looseObject({ Sid: z.string() })),
});
export type Policy = z.infer<typeof policySchema>;

const invokeConfigSchema = z.object({
  /** Seconds, 60 to 21600. */
  maximumEventAge: z.number().default(21_600),
  /** Retries after the first attempt, 0 to 2. */
  maximumRetries: z.number().default(2),
  /** ARNs of queues that get a record of how an invocation ended; empty for none. */
  onSuccess: z.string().default(''),
  onFailure: z.string().default(''),
  modified: z.number().default(0),
});
export type InvokeConfig = z.infer<typeof invokeConfigSchema>;

export const functionSchema = z.object({
  name: z.string(),
  /** The template interpreter owns `template` functions: it brings them in line at every start. */
  origin: z.enum(['template', 'api']),
  latest: versionSchema,
  versions: z.array(versionSchema).default([]),
  nextVersion: z.number().default(1),
  aliases: z.record(z.string(), aliasSchema).default({}),
  /** By qualifier: an alias' name, or '' for the function itself. The same holds for the two records below. */
  urls: z.record(z.string(), urlSchema).default({}),
  policies: z.record(z.string(), policySchema).default({}),
  invokeConfigs: z.record(z.string(), invokeConfigSchema).default({}),
  tags: z.record(z.string(), z.string()).default({}),
  reservedConcurrency: z.number().optional(),
});
export type FunctionRecord = z.infer<typeof functionSchema>;
