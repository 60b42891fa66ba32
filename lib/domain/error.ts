/**
 * Every way in which Staithe refuses or fails, as one table: a stable code, its kind, and what to do next. An error
 * knows no HTTP; `lib/contract/problem.ts` turns a kind into a status.
 */

export type ErrorKind =
  | 'invalid' // the request itself is wrong
  | 'unauthenticated' // nobody, or not who they say
  | 'forbidden' // known, but the role does not allow it
  | 'missing' // not found, or not visible to the caller
  | 'conflict' // right in form, but not in this state
  | 'too_large'
  | 'unsupported' // a form of the body that is not taken
  | 'unprocessable' // understood, and still not possible
  | 'throttled'
  | 'busy' // a service that Staithe stands on has no room at the moment; try again
  | 'unavailable'; // ours; try again

interface ErrorEntry {
  readonly kind: ErrorKind;
  readonly title: string;
  /** What the reader can do about it, when the thrower says nothing more exact. */
  readonly remedy: string;
}

const entry = (kind: ErrorKind, title: string, remedy: string): ErrorEntry => ({ kind, title, remedy });

export const ERRORS = {
  validation_failed: entry(
    'invalid',
    'The request is not valid',
    'Correct the fields that are named and send it again.',
  ),
  body_not_json: entry(
    'invalid',
    'The body is not JSON',
    'Send a JSON object with content-type: application/json.',
  ),
  at_limit: entry(
    'busy',
    'A service of the platform is at its limit',
    'Send it again in a second; ask AWS for a higher quota when it happens often.',
  ),
  too_many_projects: entry(
    'unprocessable',
    'The list would go over too many projects',
    'Name one project, or use a token that is bound to one.',
  ),
  too_many_environments: entry(
    'unprocessable',
    'The list would go over too many environments',
    'Name one project, or one environment.',
  ),
  invalid_cursor: entry(
    'invalid',
    'The cursor does not belong to this list',
    'Start again without a cursor.',
  ),
  unauthenticated: entry(
    'unauthenticated',
    'No valid token was sent',
    'Send `Authorization: Bearer <token>`; `staithe login` saves one.',
  ),
  invalid_signature: entry(
    'unauthenticated',
    'The webhook signature does not match',
    "Check that the webhook's secret is the one of this installation.",
  ),
  ticket_refused: entry(
    'unauthenticated',
    'The job ticket is not valid',
    'A ticket can be used by one agent only; start the run again.',
  ),
  role_too_low: entry(
    'forbidden',
    "The token's role does not allow this",
    'Use a token with the role that is named, or ask an admin for one.',
  ),
  not_found: entry(
    'missing',
    'Not found',
    'Check the id and the project; a token bound to one project sees no other.',
  ),
  wrong_state: entry(
    'conflict',
    'Not possible in the current state',
    'Get the resource again: its state has changed.',
  ),
  slug_taken: entry('conflict', 'Another project has this slug', 'Choose another slug.'),
  version_taken: entry(
    'conflict',
    'Another release of this project has this version',
    'Choose another version; releases never change.',
  ),
  tag_taken: entry(
    'conflict',
    'Another release of this project has this tag',
    'Choose another tag; tags never move.',
  ),
  source_not_uploaded: entry(
    'conflict',
    'The bytes of this source have not arrived',
    'Upload them to the presigned URL, then start the build.',
  ),
  source_mismatch: entry(
    'conflict',
    'The stored bytes do not match the declared digest and size',
    'Create the source again with the sha256 and size of the file.',
  ),
  artifact_not_stored: entry(
    'conflict',
    'The bytes of this artifact have not arrived',
    'Wait for the upload to end, or build again.',
  ),
  artifact_mismatch: entry(
    'conflict',
    'The bytes do not match the declared digest and size',
    'Create the artifact again with the sha256 and size of the file.',
  ),
  artifact_in_use: entry(
    'conflict',
    'The artifact is in use',
    'An artifact that a release or a run refers to cannot be deleted.',
  ),
  artifact_not_downloadable: entry(
    'conflict',
    'The artifact is not a file',
    'Pull the image from its registry.',
  ),
  cache_not_stored: entry(
    'conflict',
    'The bytes of this cache have not arrived',
    'Upload them to the presigned URL, then confirm again.',
  ),
  deployment_in_progress: entry(
    'conflict',
    'Another deployment to this environment is in progress',
    'Wait for it to end: staithe deployment list shows it.',
  ),
  function_taken: entry(
    'conflict',
    'The function is the target of another environment',
    'Name another function, or change or delete the environment that has it.',
  ),
  log_unreadable: entry(
    'forbidden',
    'The installation may not read this log',
    'Read it in CloudWatch Logs: aws logs tail /aws/lambda/<function>.',
  ),
  runtime_unavailable: entry(
    'unprocessable',
    'The runtime cannot run here',
    'Name one of the runtimes that are listed.',
  ),
  environment_in_use: entry('conflict', 'The environment is in use', 'Wait for its deployment to end.'),
  project_not_empty: entry(
    'conflict',
    'The project still has builds, artifacts, environments or secrets',
    'Delete it with force=true (`staithe project delete --force`), and all of these with it.',
  ),
  busy: entry('conflict', 'Another request changed this at the same time', 'Send the request again.'),
  idempotency_key_reused: entry(
    'unprocessable',
    'This Idempotency-Key was used with another request',
    'Use a new key for a new request.',
  ),
  nothing_to_release: entry(
    'unprocessable',
    'The build has no finished run with artifacts',
    'Let a run of the build complete first.',
  ),
  artifact_not_deployable: entry(
    'unprocessable',
    'The artifact does not fit the target',
    'A Lambda target takes a zip: give the service `artifacts` of format zip.',
  ),
  service_unknown: entry('unprocessable', 'Unknown service', 'Name one of the services that are listed.'),
  manifest_invalid: entry(
    'unprocessable',
    'The manifest is not valid',
    'Correct staithe.yaml where the message points.',
  ),
  dead_letter_not_redrivable: entry(
    'unprocessable',
    'The dead letter cannot be redriven',
    'Read the reason; `staithe dead-letter show` has the event. It stays in the queue.',
  ),
  registry_forbidden: entry(
    'forbidden',
    'This job may not push images',
    'Only a job that builds an image for a registry gets a credential.',
  ),
  registry_misconfigured: entry(
    'unprocessable',
    'The image name does not fit the registry',
    "Correct 'image' and 'registry' in staithe.yaml.",
  ),
  registry_credential_missing: entry(
    'unprocessable',
    "The registry's credential is missing",
    'Set the secrets that are named with `staithe secret set`.',
  ),
  registry_refused: entry(
    'unprocessable',
    'The registry refused the request',
    'Read its message; check that the repository exists and that the credential may use it.',
  ),
  registry_unavailable: entry(
    'busy',
    'The registry gives no answer at the moment',
    'Try again in a moment; check that it runs and that it is not asked too often.',
  ),
  image_unknown: entry(
    'unprocessable',
    'The registry does not have this image',
    'Push the image first, and name the digest that the registry gives it.',
  ),
  body_too_large: entry(
    'too_large',
    'The body is too large',
    'Bodies may have 1 MiB; files go to presigned URLs.',
  ),
  unsupported_media_type: entry(
    'unsupported',
    'The media type of the body is not supported',
    'Send the bytes as they are, with content-type: application/octet-stream.',
  ),
  upload_too_large: entry('too_large', 'The file is too large', 'See the limit in the message.'),
  workflow_refused: entry(
    'unavailable',
    'The workflow could not be started',
    'Deploy the stack again, as its state machine or a permission is not as the template has it; then send the request anew.',
  ),
  throttled: entry('throttled', 'Too many requests', 'Wait a moment and try again.'),
  internal: entry('unavailable', 'Internal error', 'Try again; if it persists, report the request id.'),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/** One wrong field of a request: a path such as `services.0.name` and what is wrong with it. */
export interface FieldProblem {
  readonly field: string;
  readonly message: string;
}

/** An expected failure. `message` says what happened with the names involved; `remedy` what to do next. */
export class StaitheError extends Error {
  readonly code: ErrorCode;
  readonly remedy: string;
  readonly fields: readonly FieldProblem[];
  /** What the problem document has beside its own members (RFC 9457 section 3.2). */
  readonly extensions: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: {
      remedy?: string;
      fields?: readonly FieldProblem[];
      extensions?: Readonly<Record<string, unknown>>;
    } = {},
  ) {
    super(message);
    this.name = 'StaitheError';
    this.code = code;
    this.remedy = options.remedy ?? ERRORS[code].remedy;
    this.fields = options.fields ?? [];
    this.extensions = options.extensions ?? {};
  }

  get kind(): ErrorKind {
    return ERRORS[this.code].kind;
  }
}

/** The answer to an unknown id and to one that the caller may not see: the two cannot be told apart. */
export function notFound(what: string, id: string): StaitheError {
  return new StaitheError('not_found', `There is no ${what} '${id}'.`);
}
