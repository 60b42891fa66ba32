/**
 * Every way in which Staithe refuses or fails, as one table: a stable code, its kind, and what to do next. Titles are
 * headings and end without a full stop; remedies are sentences (test/domain/error-codes.test.ts).
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
    'Request is not valid',
    'Correct the named fields, then send the request again.',
  ),
  body_not_json: entry(
    'invalid',
    'Request body is not JSON',
    'Send a JSON object with content-type: application/json.',
  ),
  at_limit: entry(
    'busy',
    'AWS service at its limit',
    'Send the request again in a second. If this happens often, request a higher quota from AWS.',
  ),
  audit_unavailable: entry(
    'busy',
    'Audit log cannot be written',
    'Send the request again with the same Idempotency-Key. A change that took effect is not repeated.',
  ),
  too_many_projects: entry(
    'unprocessable',
    'Too many projects to list',
    'Name one project, or use a token that is bound to one.',
  ),
  too_many_environments: entry(
    'unprocessable',
    'Too many environments to list',
    'Name one project or one environment.',
  ),
  invalid_cursor: entry(
    'invalid',
    'Cursor does not belong to this list',
    'Read the list again without a cursor.',
  ),
  unauthenticated: entry(
    'unauthenticated',
    'No valid token',
    'Send `Authorization: Bearer <token>`; `staithe login` saves one.',
  ),
  invalid_signature: entry(
    'unauthenticated',
    'Webhook signature does not match',
    "Set the webhook's secret to the one of this installation.",
  ),
  ticket_refused: entry(
    'unauthenticated',
    'Job ticket is not valid',
    'Rerun the build: each ticket is valid for one agent.',
  ),
  role_too_low: entry(
    'forbidden',
    'Role of the token is not sufficient',
    'Use a token with the named role, or ask an admin for one.',
  ),
  not_found: entry(
    'missing',
    'Not found',
    'Check the id and the project. A token that is bound to one project cannot access another.',
  ),
  wrong_state: entry(
    'conflict',
    'Not possible in the current state',
    'Get the resource to see its current state.',
  ),
  slug_taken: entry('conflict', 'Slug is already in use', 'Choose another slug.'),
  user_name_taken: entry('conflict', 'User name is already in use', 'Choose another name.'),
  too_many_grants: entry(
    'unprocessable',
    'Too many grants',
    'Revoke a grant, or grant one role for the whole project or the whole installation.',
  ),
  commit_ambiguous: entry('unprocessable', 'Several commits begin so', 'Use more digits of the commit.'),
  version_taken: entry(
    'conflict',
    'Version already exists',
    'Choose another version. Releases are immutable.',
  ),
  tag_taken: entry('conflict', 'Tag already exists', 'Choose another tag. Tags never move.'),
  source_not_uploaded: entry(
    'conflict',
    'Source is not uploaded',
    'Upload the archive to the presigned URL, then start the build.',
  ),
  source_mismatch: entry(
    'conflict',
    'Source does not match its declared digest and size',
    'Create the source again with the sha256 and size of the file.',
  ),
  artifact_not_stored: entry(
    'conflict',
    'Artifact is not stored',
    'Wait for the upload to complete, or rerun the build.',
  ),
  artifact_mismatch: entry(
    'conflict',
    'Artifact does not match its declared digest and size',
    'Create the artifact again with the sha256 and size of the file.',
  ),
  artifact_in_use: entry(
    'conflict',
    'Artifact is in use',
    'Keep the artifact: a release or a run refers to it.',
  ),
  artifact_not_downloadable: entry('conflict', 'Artifact is not a file', 'Pull the image from its registry.'),
  cache_not_stored: entry(
    'conflict',
    'Cache is not uploaded',
    'Upload the bytes to the presigned URL, then confirm the cache again.',
  ),
  deployment_in_progress: entry(
    'conflict',
    'Another deployment to this environment is in progress',
    'Wait for it to end. `staithe deployment list` shows it.',
  ),
  not_eligible: entry(
    'conflict',
    'Release is not eligible for this environment',
    'Deploy it to the earlier environments first. `staithe deploy <environment> --dry-run` shows the rules.',
  ),
  environment_unknown: entry(
    'unprocessable',
    'Unknown environment',
    'Use one of the listed environments, or create it first: `staithe environment set`.',
  ),
  environment_owned: entry(
    'conflict',
    'Environment belongs to the manifest',
    'Set it in staithe.yaml on the default branch, or take it over: staithe environment set <name> --owner api.',
  ),
  too_many_waiting: entry(
    'conflict',
    'Too many deployments wait for this environment',
    'Cancel some: `staithe deployment list --environment <environment>` shows them.',
  ),
  nothing_to_restore: entry(
    'conflict',
    'No deployment to roll back to',
    'Choose a deployment that succeeded: `staithe deployment list --environment <environment>`.',
  ),
  approval_outdated: entry(
    'conflict',
    'Deployment has changed since it was seen',
    'Look at the deployment again, then approve what it deploys now.',
  ),
  not_an_approver: entry(
    'forbidden',
    'Not allowed to approve this deployment',
    'Ask one of the people who can approve it: `staithe environment show` lists them.',
  ),
  function_taken: entry(
    'conflict',
    'Target of another environment',
    'Name another function or site, or change or delete the environment that uses it.',
  ),
  log_unreadable: entry(
    'forbidden',
    'No access to this log',
    'Read it in CloudWatch Logs: `aws logs tail /aws/lambda/<function>`.',
  ),
  runtime_unavailable: entry('unprocessable', 'Runtime is not available', 'Use one of the listed runtimes.'),
  target_unavailable: entry(
    'unprocessable',
    'Kind of target is not available',
    'On AWS, deploy a function (`--function`). Processes run where `npm start` runs Staithe.',
  ),
  environment_in_use: entry('conflict', 'Environment is in use', 'Wait for its deployment to end.'),
  project_not_empty: entry(
    'conflict',
    'Project is not empty',
    'To delete the project with everything in it, use force=true (`staithe project delete --force`).',
  ),
  busy: entry('conflict', 'Changed by another request at the same time', 'Send the request again.'),
  idempotency_key_reused: entry(
    'unprocessable',
    'Idempotency-Key was used with another request',
    'Use a new key for a new request.',
  ),
  nothing_to_release: entry(
    'unprocessable',
    'Build has no completed run with artifacts',
    'Wait until a run of the build has completed.',
  ),
  release_yanked: entry(
    'conflict',
    'Release is yanked',
    'Choose another release: `staithe release list` shows which are yanked, and why.',
  ),
  artifact_not_deployable: entry(
    'unprocessable',
    'Artifact does not fit the target',
    'Set the format of `artifacts` to zip for a Lambda target.',
  ),
  service_unknown: entry('unprocessable', 'Unknown service', 'Use one of the listed services.'),
  manifest_invalid: entry(
    'unprocessable',
    'Manifest is not valid',
    'Correct staithe.yaml at the line in the message.',
  ),
  dead_letter_not_redrivable: entry(
    'unprocessable',
    'Dead letter cannot be redriven',
    'Read the reason and the event with `staithe dead-letter show`. It stays in the queue.',
  ),
  registry_forbidden: entry(
    'forbidden',
    'Job is not allowed to push images',
    'Set a `dockerfile` and a `registry` in staithe.yaml to build and push an image.',
  ),
  registry_misconfigured: entry(
    'unprocessable',
    'Image name does not fit the registry',
    'Correct `image` and `registry` in staithe.yaml.',
  ),
  registry_credential_missing: entry(
    'unprocessable',
    'Registry credential is missing',
    'Set the named secrets with `staithe secret set`.',
  ),
  registry_refused: entry(
    'unprocessable',
    'Registry rejected the request',
    'Check that the repository exists and that the credential has access to it.',
  ),
  registry_unavailable: entry(
    'busy',
    'Registry is not available',
    'Try again in a moment. Check that the registry is running and does not limit requests.',
  ),
  image_unknown: entry(
    'unprocessable',
    'Image is not in the registry',
    'Push the image first, then use the digest that the registry returned.',
  ),
  mail_disabled: entry(
    'unprocessable',
    'E-mail is not set up',
    'Set the parameter MailSender of the stack to an address that SES has verified, or use a webhook.',
  ),
  body_too_large: entry(
    'too_large',
    'Request body is too large',
    'Request bodies are limited to 1 MiB. Upload files to presigned URLs.',
  ),
  unsupported_media_type: entry(
    'unsupported',
    'Media type is not supported',
    'Send the raw bytes with content-type: application/octet-stream.',
  ),
  upload_too_large: entry('too_large', 'File is too large', 'Reduce the file to the limit in the message.'),
  workflow_refused: entry(
    'unavailable',
    'Workflow could not be started',
    'Redeploy the stack: its state machine or a permission differs from the template. Then send the request again.',
  ),
  throttled: entry('throttled', 'Too many requests', 'Wait a moment and try again.'),
  internal: entry(
    'unavailable',
    'Internal error',
    'Try again. If the error persists, report the request id.',
  ),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;
