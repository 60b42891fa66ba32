/** Image builders and registries: BuildKit, classic docker, buildah, and what a registry answers (OCI distribution-spec, "Error Codes"). */
import { DISK_HINT, on, part, REGISTRY_HINT, type Tool } from './rule.ts';

const AUTH =
  'The image registry refused the credentials, or got none. Set them with `staithe secret set`, under the names in `registry.auth` of staithe.yaml (`username_secret` and `token_secret`; without `auth`, REGISTRY_USERNAME and REGISTRY_PASSWORD), and check that the account may push there. For a private base image, log in to its registry in a command: `docker login`, with a secret of the service.';
const IMAGE_TLS =
  "The registry, or a proxy in front of it, has a certificate of an authority that the build machine does not trust. The operator of the machine can add the authority: /etc/docker/certs.d/<registry>/ca.crt for Docker, /etc/containers/certs.d/<registry>/ca.crt for buildah, or the machine's own list.";
const BASE =
  'The base image was not found in its registry: correct the name or tag in FROM of the Dockerfile.';

/** How the last line of each builder begins: buildah's, BuildKit's, docker's own; some of docker's begin with the cause. */
const OPENING =
  '^(?:Error: |ERROR: |error: |Error response from daemon: |(?:ERROR: )?failed to (?:build|solve)(?: with \\S+ \\S+)?: |(?=denied(?:: |$)|unauthorized: |name unknown: |tag invalid: |toomanyrequests: |no basic auth credentials$|received unexpected HTTP status: |(?:Get|Head) "https?://))';
const ends = (cause: string) => new RegExp(`${OPENING}(?:.*(?:: |\\())?(?:${cause})`);

const BUILDERS: Tool = {
  name: 'image builder',
  rules: [
    on(
      ends(
        'unauthorized(?:: |$)|authentication required|401 \\(?Unauthorized\\)?|no basic auth credentials|invalid username/password|incorrect username or password',
      ),
      'auth_error',
      AUTH,
    ),
    on(
      ends(
        '40[13] \\((?:Unauthorized|Forbidden)\\)$|unexpected status(?: code)?(?: from \\w+ request to \\S+)?:? 40[13]\\b|denied(?:: |$)|requested access to the resource is denied|pull access denied for |insufficient_scope|server message: insufficient_scope',
      ),
      'auth_error',
      AUTH,
    ),
    on(/^Error: .*\blogging into ".*": invalid username\/password$/, 'auth_error', AUTH),
    on(ends('(?:.*\\b)?no space left on device'), 'resource_error', DISK_HINT),
    on(
      ends('name unknown(?:: |$)|name_unknown|repository name not known to registry'),
      'registry_error',
      'The repository does not exist in the registry: create it there, or correct `registry` and `image` in staithe.yaml.',
    ),
    on(
      ends('tag invalid: |.*cannot be overwritten because the tag is immutable'),
      'registry_error',
      'The registry does not allow a tag to be overwritten: push a new version.',
    ),
    on(
      /^(?:(?:ERROR: |failed to solve: |failed to build: )*failed to (?:compute cache key|calculate checksum)|ERROR: "\/.*" not found: not found$|(?:COPY|ADD) failed: )/,
      'build_error',
      'A file in COPY or ADD is not in the build context: check its path, `context`, and .dockerignore.',
    ),
    on(ends('(?:manifest unknown|not found)(?:: .*)?$|.*: not found$'), 'build_error', BASE),
    on(
      ends('toomanyrequests(?:: |$)|too many requests|429 Too Many Requests'),
      'registry_error',
      'The registry limits the number of pulls. Log in to it (`registry.auth`), or use a mirror of the base image.',
    ),
    on(ends('.*x509: certificate signed by unknown authority'), 'registry_error', IMAGE_TLS),
    on(
      ends(
        '(?:Get|Head|Post|Put|Patch) "https?://\\S+": |dial tcp |5\\d\\d \\([A-Z]|received unexpected HTTP status: 5\\d\\d|unexpected status(?: code)?.* 5\\d\\d|http: server gave HTTP response to HTTPS client|x509: |net/http: TLS handshake timeout|i/o timeout|connection reset by peer',
      ),
      'registry_error',
      REGISTRY_HINT,
    ),
    on(
      ends('(?:invalid reference format|.*repository name must be lowercase)'),
      'registry_error',
      'The name of the image is not valid. It may contain lower-case letters, digits, `.`, `_`, `-` and `/`. Correct `image` or `registry.namespace` in staithe.yaml.',
    ),
    on(
      /^(?:Error|ERROR): .*(?:cannot find Containerfile or Dockerfile|failed to read dockerfile)/i,
      'build_error',
      'The Dockerfile was not found: check `context` and `dockerfile` in staithe.yaml.',
    ),
    on(
      /^(?:Error|ERROR|Error response from daemon|failed to solve\b.*?): .*[Uu]nknown instruction: "?(\w+)"?/,
      'build_error',
      (found) =>
        `The Dockerfile has an unknown instruction '${part(found, 1, '')}': correct it, or end the line before it with a backslash.`,
    ),
    on(
      /^(?:Error|ERROR|Error response from daemon|failed to solve\b.*?): .*(?:dockerfile parse error|[Uu]nknown flag: (\S+)|file with no instructions|no build stage in current context|no stages to build|no FROM statement found|(?:FROM|RUN|ARG|ENV|LABEL|COPY|ADD|EXPOSE|USER|WORKDIR) (?:requires|must have|only supports) )/i,
      'build_error',
      'The Dockerfile has a syntax error; the builder shows the line or the cause.',
    ),
    on(
      /^(?:Error|ERROR): .*(?:failed to (?:compute cache key|calculate checksum)|checking on sources under|no such file or directory)/,
      'build_error',
      'A file in COPY or ADD is not in the build context: check its path, `context`, and .dockerignore.',
    ),
    on(
      /^(?:Error|ERROR): .*(?:insufficient memory|cannot allocate memory)/,
      'resource_error',
      `The image build needs more memory than the machine has: use a larger machine, \`resources.compute: large\`.`,
    ),
  ],
};

/** docker login, docker push and docker pull without more words. */
const DAEMON: Tool = {
  name: 'docker',
  rules: [
    on(
      /^(?:Cannot connect to the Docker daemon|failed to connect to the docker API)/,
      'internal_error',
      'Docker does not answer on the build machine. Rerun the build; if it keeps happening, report it with the log.',
    ),
    on(
      /^(?:The push refers to repository|error parsing HTTP \d+ response body)/,
      'registry_error',
      REGISTRY_HINT,
    ),
  ],
};

export const IMAGES: readonly Tool[] = [BUILDERS, DAEMON];
