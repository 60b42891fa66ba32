/** pip, uv, Poetry, Python itself, and its linters. */
import {
  DISK_HINT,
  MEMORY_HINT,
  on,
  part,
  quoting,
  REGISTRY_HINT,
  secretHint,
  type Tool,
  tlsHint,
} from './rule.ts';

const AUTH = secretHint(
  'The package index refused the credentials, or got none.',
  'PIP_TOKEN',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what the command shall hold
  'use it in the index URL: `PIP_INDEX_URL=https://<user>:${PIP_TOKEN}@<index>/simple`',
);

const PIP: Tool = {
  name: 'pip',
  rules: [
    on(
      /^ERROR: (?:Could not install packages due to an OSError|Exception): .*\[Errno 28\]/,
      'resource_error',
      DISK_HINT,
    ),
    on(/^ERROR: HTTP error 40[13] while getting /, 'auth_error', AUTH),
    on(
      /^(?:WARNING|ERROR): (?:40[13] Error|40[13] Client Error), Credentials not correct/,
      'auth_error',
      AUTH,
    ),
    on(/^(?:ERROR: .*\b|\s*(?:[\w.]+: )?)40[13] Client Error: .* for url: /, 'auth_error', AUTH),
    on(/^User for \S+: /, 'auth_error', AUTH),
    on(/^(?:WARNING|ERROR): .*\b40[13] (?:Client Error|Error), Credentials not correct/, 'auth_error', AUTH),
    on(
      /^error: externally-managed-environment$/,
      'build_error',
      'This Python belongs to the system and does not accept packages: use a virtual environment, `python3 -m venv .venv && . .venv/bin/activate`, in the same command as `pip install`, or use `uv`.',
    ),
    on(
      /^(?:WARNING|ERROR): .*(?:CERTIFICATE_VERIFY_FAILED|There was a problem confirming the ssl certificate)/,
      'registry_error',
      tlsHint('pip'),
    ),
    on(/^WARNING: Retrying \(Retry\(total=0, /, 'registry_error', REGISTRY_HINT),
    on(
      /^ERROR: (?:HTTP error (?:429|5\d\d) while getting |Could not install packages due to an OSError: HTTPS?ConnectionPool)/,
      'registry_error',
      REGISTRY_HINT,
    ),
    on(/^(?:WARNING|ERROR): .*Max retries exceeded with url/, 'registry_error', REGISTRY_HINT),
    on(
      /^ERROR: THESE PACKAGES DO NOT MATCH THE HASHES/,
      'build_error',
      'A package does not match its listed hash. Find out why it changed, then update the hashes.',
    ),
    on(
      /^ERROR: Could not open requirements file: .*'(.+)'$/,
      'build_error',
      (found) =>
        `${part(found, 1, 'A file')} was not found in the service's folder: check \`context\` in staithe.yaml.`,
    ),
    on(
      /^ERROR: No matching distribution found for (.+)$/,
      'build_error',
      (found) =>
        `The index has no ${part(found, 1, 'such package')} for this Python, or refuses to show it: pip prints the same error for an index that answers 401 or 403. Check name and version. If the index is private, set the credential with \`staithe secret set PIP_TOKEN\`, add PIP_TOKEN to the service's \`secrets\`, and use it in \`PIP_INDEX_URL\`.`,
    ),
    on(
      /^ERROR: (?:ResolutionImpossible|Cannot install )/,
      'build_error',
      'Requirements conflict: relax one of those in the message.',
    ),
    on(
      /^(?:error: metadata-generation-failed|\s*× (?:python setup\.py|Preparing metadata|Getting requirements|Building (?:wheel|editable)|pip subprocess|Running setup\.py).* did not run successfully\.|ERROR: Failed building wheel for |ERROR: Failed to build )/,
      'build_error',
      'A package could not be compiled: install its build dependencies first, or choose a version with a wheel.',
    ),
  ],
};

const UV: Tool = {
  name: 'uv',
  rules: [
    on(
      /^\s*(?:├─▶|╰─▶|cause:|Caused by:|error:|×)\s.*(?:HTTP status client error \(40[13] |status code:? 40[13]\b|\b40[13] (?:Unauthorized|Forbidden)\b|Missing credentials)/,
      'auth_error',
      AUTH,
    ),
    on(
      /^\s*(?:hint:|│\s+hint:).*(?:could not be queried due to a lack of valid authentication credentials|40[13] (?:Unauthorized|Forbidden)\))/,
      'auth_error',
      AUTH,
    ),
    on(/^\s*(?:├─▶|╰─▶|cause:|Caused by:)\s*(?:.*No space left on device)/, 'resource_error', DISK_HINT),
    on(/^\s*(?:├─▶|╰─▶|cause:|Caused by:)\s.*invalid peer certificate/, 'registry_error', tlsHint('openssl')),
    on(
      /^\s*(?:├─▶|╰─▶|cause:|Caused by:|error:|×)\s.*(?:tcp connect error|dns error|Connection refused|Could not connect|operation timed out|HTTP status server error|client error \(Connect\))/,
      'registry_error',
      REGISTRY_HINT,
    ),
    on(
      /^error: (?:The lockfile at|Failed to (?:resolve|parse|spawn|build))/,
      'build_error',
      'Run `uv lock` on your machine and commit uv.lock.',
    ),
    on(
      /^(?:\s*×|error:) No solution found when resolving dependencies/,
      'build_error',
      'No compatible versions; uv explains the conflict above.',
    ),
  ],
};

const POETRY: Tool = {
  name: 'Poetry',
  rules: [
    on(
      /^pyproject\.toml changed significantly since poetry\.lock was last generated/,
      'build_error',
      'Run `poetry lock` on your machine and commit poetry.lock.',
    ),
    on(/^\s*40[13] Client Error: /, 'auth_error', AUTH),
    on(/^\s*(?:HTTPConnectionPool|HTTPSConnectionPool)/, 'registry_error', REGISTRY_HINT),
    on(
      /^\s*All attempts to connect to /,
      'registry_error',
      `${REGISTRY_HINT} \`poetry -v\` shows the reason. If it is the certificate: ${tlsHint('requests')}`,
    ),
    on(
      /^Because .* version solving failed\.$/,
      'build_error',
      'No compatible versions: relax one of the requirements in the message.',
    ),
  ],
};

const PYTHON_ITSELF: Tool = {
  name: 'Python',
  rules: [
    on(/^requests\.exceptions\.SSLError: /, 'build_error', tlsHint('requests')),
    on(/^(?:[A-Za-z_][\w.]*Error): .*CERTIFICATE_VERIFY_FAILED/, 'build_error', tlsHint('openssl')),
    on(/^MemoryError(?:: .*)?$/, 'resource_error', MEMORY_HINT),
    on(/^(?:OSError|IOError): \[Errno (?:28|122)\] /, 'resource_error', DISK_HINT),
    on(/^OSError: \[Errno (?:12|24|23)\] /, 'resource_error', MEMORY_HINT),
    on(
      /^ModuleNotFoundError: No module named '(.+)'$/,
      'build_error',
      (found) => `The module ${part(found, 1, '')} is not installed: add it to the requirements.`,
    ),
    on(
      /^(?:[A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt)|Exception)(?:: .*)?$/,
      'build_error',
      'The program failed; the traceback above shows the line.',
    ),
    // mypy and ruff: a line for each error, with a rule's name or without.
    ...quoting(
      /^(?:\S+\.pyi?:\d+(?::\d+)?: (?:error: |[A-Z]+\d+ )|[A-Z]+\d{3,} )/,
      on(
        /^Found \d+ errors?(?: in \d+ files?.*|\.)?$/,
        'build_error',
        'The checker found errors; run it on your machine.',
      ),
    ),
  ],
};

export const PYTHON: readonly Tool[] = [PIP, UV, POETRY, PYTHON_ITSELF];
