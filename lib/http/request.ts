/** Reading a request: its bytes, and its parts checked against the route's schemas. */
import { isUtf8 } from 'node:buffer';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import * as z from 'zod';
import type { RouteSpec } from '../contract/route.ts';
import { type FieldProblem, StaitheError } from '../domain/error.ts';
import { cut } from '../domain/text.ts';
import { check } from '../domain/validation/findings.ts';
import { unkeepable } from './keepable.ts';

/** 1 MiB: the largest body of the contract is a few KB; GitHub's pushes are tens of KB; files go to presigned URLs. */
export const MAX_BODY_BYTES = 1024 * 1024;

/** As much of a header as an answer repeats. */
const SHOWN = 100;

/** @throws StaitheError body_too_large */
export function bodyOf(event: APIGatewayProxyEventV2, anySize = false): Buffer {
  const bytes = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  if (!anySize && bytes.length > MAX_BODY_BYTES)
    throw new StaitheError('body_too_large', `The body has ${bytes.length} bytes.`);
  return bytes;
}

/** Forms come in an envelope: names and boundaries around the bytes, or characters in place of them. */
const FORM = /^\s*(multipart\/[\w.+-]+|application\/x-www-form-urlencoded)/i;

/**
 * Whether the body's bytes are what they stand for.
 * @throws StaitheError unsupported_media_type
 */
export function assertMedia(spec: RouteSpec, event: APIGatewayProxyEventV2): void {
  if (spec.body === undefined && spec.rawType === undefined) return;
  const coding = event.headers['content-encoding']?.trim() ?? 'identity';
  if (coding.toLowerCase() !== 'identity')
    throw new StaitheError(
      'unsupported_media_type',
      `The body is encoded (content-encoding: ${cut(coding, SHOWN)}); encoded bodies are not supported.`,
      { remedy: 'Send it without content-encoding.' },
    );
  const type = event.headers['content-type'] ?? '';
  if (spec.rawType === undefined) {
    assertUtf8(spec, type, event);
    return;
  }
  const form = FORM.exec(type)?.[1];
  // API Gateway hands over as text what the content type says is one; bytes that are no UTF-8 are lost then.
  const asText = (event.body ?? '') !== '' && event.isBase64Encoded !== true;
  if (form === undefined && !asText) return;
  throw new StaitheError(
    'unsupported_media_type',
    form === undefined
      ? `The body was sent as text (content-type: ${cut(type, SHOWN)}); API Gateway does not preserve its bytes.`
      : `The body is a form (content-type: ${form}); its envelope would be stored with the file.`,
    {
      remedy: `Send the bytes of the file alone: curl -X ${spec.method} --data-binary @FILE -H 'content-type: ${spec.rawType}' -H "authorization: Bearer $TOKEN" "$URL${spec.path}"`,
    },
  );
}

/** JSON between systems is UTF-8 (RFC 8259, section 8.1), and ASCII is UTF-8 too. */
const UTF8_NAMES: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'us-ascii', 'ascii']);
const CHARSET = /;\s*charset\s*=\s*(?:"([^"]*)"|([^\s;]*))/i;
const SEND_UTF8 = 'Send the body as JSON in UTF-8, with content-type: application/json.';

/** What API Gateway puts in the place of bytes that are no UTF-8, when it hands a body over as text. */
const REPLACEMENT = '\ufffd';

/**
 * Text in another encoding would be kept with wrong characters.
 * @throws StaitheError unsupported_media_type | body_not_json
 */
function assertUtf8(spec: RouteSpec, type: string, event: APIGatewayProxyEventV2): void {
  const [, quoted, plain] = CHARSET.exec(type) ?? [];
  const charset = quoted ?? plain;
  if (charset !== undefined && !UTF8_NAMES.has(charset.toLowerCase()))
    throw new StaitheError(
      'unsupported_media_type',
      `The body is text in ${cut(charset, SHOWN)} (content-type: ${cut(type, SHOWN)}); JSON is UTF-8.`,
      { remedy: SEND_UTF8 },
    );
  // The agent of a job sends UTF-8 for certain, and reports what commands print, which may well have this character.
  if (spec.access === 'job') return;
  if (event.isBase64Encoded !== true && event.body?.includes(REPLACEMENT))
    throw new StaitheError(
      'body_not_json',
      'The body has bytes that are not UTF-8, or the character U+FFFD.',
      {
        remedy: `${SEND_UTF8} U+FFFD itself is written \\ufffd.`,
      },
    );
}

interface InputSchemas {
  readonly params: z.ZodType;
  readonly query: z.ZodType;
}

/** Made once for each route: to construct and compile two schemas takes fifty times as long as to use them. */
const inputSchemas = new WeakMap<RouteSpec, InputSchemas>();

function schemasOf(spec: RouteSpec): InputSchemas {
  const known = inputSchemas.get(spec);
  if (known !== undefined) return known;
  const schemas = { params: z.strictObject(spec.params ?? {}), query: z.strictObject(spec.query ?? {}) };
  inputSchemas.set(spec, schemas);
  return schemas;
}

interface CheckedInput {
  readonly params: Record<string, never>;
  readonly query: Record<string, never>;
  readonly body: never;
}

/**
 * Path, query and body by the route's schemas; all that is wrong is named at once.
 * @throws StaitheError validation_failed | body_not_json
 */
export function checkInput(spec: RouteSpec, event: APIGatewayProxyEventV2, bytes: Buffer): CheckedInput {
  const problems: FieldProblem[] = [];
  const checked = (schema: z.ZodType, value: unknown, prefix: string, secret = false): unknown => {
    const flaws = unkeepable(value, prefix);
    problems.push(...flaws);
    if (flaws.length > 0) return undefined;
    const result = check(schema, value, { syntax: 'json', secret });
    if ('value' in result) return result.value;
    for (const { path, reason } of result.findings)
      problems.push({ field: `${prefix}${path.join('.')}` || 'body', message: reason });
    return undefined;
  };
  const schemas = schemasOf(spec);
  const params = checked(schemas.params, event.pathParameters ?? {}, 'path.');
  const query = checked(schemas.query, event.queryStringParameters ?? {}, 'query.');
  const body =
    spec.body === undefined
      ? undefined
      : checked(spec.body, jsonOf(bytes, spec.secretBody), '', spec.secretBody);
  if (problems.length > 0)
    throw new StaitheError(
      'validation_failed',
      problems.map(({ field, message }) => `${field}: ${message}`).join('; '),
      { fields: problems },
    );
  // Checked by the schemas that the handler's types come from.
  return { params, query, body } as CheckedInput;
}

/** Leaves a byte order mark out. */
const UTF8 = new TextDecoder('utf-8');

/** An absent body counts as `{}`, so that what has defaults for everything needs none. */
function jsonOf(bytes: Buffer, secret = false): unknown {
  if (bytes.length === 0) return {};
  if (!isUtf8(bytes))
    throw new StaitheError('body_not_json', 'The body has bytes that are not UTF-8.', { remedy: SEND_UTF8 });
  try {
    return JSON.parse(UTF8.decode(bytes));
  } catch (error) {
    // The parser's message shows a piece of what it read.
    if (secret) throw new StaitheError('body_not_json', 'The body is not JSON.');
    throw new StaitheError(
      'body_not_json',
      `The body is not JSON: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
}
