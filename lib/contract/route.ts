/** What one route of the API is. The table of all of them is `routes.ts`. */
import * as z from 'zod';
import type { Access } from '../domain/access/authorize.ts';
import type { ErrorCode } from '../domain/error-codes.ts';
import { Timestamp } from '../domain/values.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** The functions that serve the API: `functions/api/<group>.ts`, one Lambda each. */
export const GROUPS = [
  'projects',
  'sources',
  'builds',
  'logs',
  'jobs',
  'images',
  'artifacts',
  'secrets',
  'caches',
  'releases',
  'environments',
  'tokens',
  'webhooks',
  'subscriptions',
  'audit',
  'dead-letters',
  'service',
] as const;
export type Group = (typeof GROUPS)[number];

type Shape = Record<string, z.ZodType>;

export interface RouteSpec {
  readonly method: Method;
  /** Below the API's root, with `{name}` for parameters. */
  readonly path: `/v1/${string}`;
  readonly group: Group;
  readonly access: Access;
  /** The role must be held in the installation as a whole; without this, where the route looks things up. */
  readonly scope?: 'installation';
  readonly summary: string;
  readonly params?: Shape;
  readonly query?: Shape;
  readonly body?: z.ZodType;
  /** The body is handed on as bytes and no schema is applied (webhook signatures cover the raw bytes). */
  readonly rawBody?: boolean;
  /** Its media type, when it is not JSON. */
  readonly rawType?: string;
  /** The handler itself says what is too large; without it the body may have 1 MiB. */
  readonly anySize?: true;
  /**
   * What a repeated Idempotency-Key does: `replay` (the default) sends the first answer; `rerun` runs the request with the
   * same ids, for answers that must not be stored (a secret) or that expire (a presigned URL).
   */
  readonly repeat?: 'replay' | 'rerun';
  /** The body holds a secret: neither a hash of it is kept, by which it could be guessed, nor is any of it shown in an error. */
  readonly secretBody?: true;
  /**
   * Which audit log a request is an entry of: its project's (the default), or the installation's; or why it is in none.
   * Routes that read, and those of agents and webhooks, are in none.
   */
  readonly audit?: 'installation' | { readonly none: string };
  /** The one successful status and its body; `null` when it has none. */
  readonly success: {
    readonly status: 200 | 201 | 202 | 204 | 302;
    readonly body: z.ZodType | null;
    readonly description: string;
    /** Other media types of the same answer, which the query asks for, with an example of each. */
    readonly media?: Readonly<Record<string, { readonly example: string }>>;
    /** Headers of its own, and what they say. */
    readonly headers?: Readonly<Record<string, string>>;
  };
  /** Errors of its own, beside those that every route may give. */
  readonly errors?: readonly ErrorCode[];
}

/** Keeps the exact types of one route, so that handlers and the client can be typed by it. */
export function route<const Spec extends RouteSpec>(spec: Spec): Spec {
  return spec;
}

/** One page of a list, newest first unless the route says otherwise. */
export function page<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next_cursor: z.string().nullable() });
}

/** Query parameters of every list. */
export const PAGING = {
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .default(20)
    .meta({ examples: [20] }),
  cursor: z.string().max(2048).optional(),
};

/** Query parameters of lists that can be cut by time: from and until when, both included. */
export const SPAN = {
  since: Timestamp.optional(),
  until: Timestamp.optional(),
};

type OutputOf<S> = S extends Shape ? { [Key in keyof S]: z.output<S[Key]> } : Record<never, never>;
type InputOf<S> = S extends Shape ? z.input<z.ZodObject<S>> : Record<never, never>;

/** What a handler of the route is given, after validation. */
export interface RouteInput<Spec extends RouteSpec> {
  readonly params: OutputOf<Spec['params']>;
  readonly query: OutputOf<Spec['query']>;
  readonly body: Spec['body'] extends z.ZodType ? z.output<Spec['body']> : undefined;
}

/** What a caller of the route must give. */
export interface RouteCall<Spec extends RouteSpec> {
  readonly params: InputOf<Spec['params']>;
  readonly query: InputOf<Spec['query']>;
  readonly body: Spec['body'] extends z.ZodType ? z.input<Spec['body']> : undefined;
}

export type RouteOutput<Spec extends RouteSpec> = Spec['success']['body'] extends z.ZodType
  ? z.output<Spec['success']['body']>
  : undefined;
