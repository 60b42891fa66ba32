import * as z from 'zod';
import { Id } from '../id.ts';
import { title } from '../text.ts';
import { Name, Repository, Timestamp } from '../values.ts';

/** 1,000: beyond what an account's machines do at once (docs: CodeBuild quotas). */
const MAX_CONCURRENT_JOBS = 1000;

/** Nothing is promoted in the project, but for hotfixes and the way back. */
export const Stopped = z.object({ reason: z.string(), since: Timestamp, by: z.string() });
export type Stopped = z.infer<typeof Stopped>;

/** Owns everything below it. The slug is its name in paths and never changes. */
export const Project = z.object({
  id: Id.project,
  slug: Name,
  name: z.string().max(200),
  /** The git repository whose pushes build this project. */
  repository: Repository.optional(),
  default_branch: z.string().max(255),
  /** How many of its jobs may work at once; any number when absent. */
  max_concurrent_jobs: z.int().min(1).max(MAX_CONCURRENT_JOBS).optional(),
  /** Whether a new run cancels older ones of its branch that still wait. */
  supersede: z.boolean().default(false),
  /** Since when nothing is promoted, and why. */
  stopped: Stopped.optional(),
  created_at: Timestamp,
  updated_at: Timestamp,
  created_by: z.string(),
});
export type Project = z.infer<typeof Project>;

const name = title(200).meta({ examples: ['Hello'] });
const branch = z
  .string()
  .regex(/^[A-Za-z0-9._/-]{1,255}$/, 'must be the name of a branch: 1 to 255 letters, digits, . _ / and -')
  .meta({ examples: ['main'] });

export const CreateProject = z.strictObject({
  slug: Name,
  name: name.optional(),
  repository: Repository.optional(),
  default_branch: branch.optional(),
  max_concurrent_jobs: z.int().min(1).max(MAX_CONCURRENT_JOBS).optional(),
  supersede: z.boolean().optional(),
});
export type CreateProject = z.infer<typeof CreateProject>;

/** What may change; `repository: null` cuts the link, `max_concurrent_jobs: null` takes the limit away. */
export const UpdateProject = z.strictObject({
  name: name.optional(),
  repository: Repository.nullable().optional(),
  default_branch: branch.optional(),
  max_concurrent_jobs: z.int().min(1).max(MAX_CONCURRENT_JOBS).nullable().optional(),
  supersede: z.boolean().optional(),
});
export type UpdateProject = z.infer<typeof UpdateProject>;

/** A project in a path: its slug or its id. */
export const ProjectRef = z.union([Id.project, Name]).meta({ examples: ['hello'] });
