/** Maven, Gradle and Java; rebar3, Mix and Erlang. */
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

const MAVEN_AUTH = secretHint(
  'The Maven repository refused the credentials, or got none.',
  'MAVEN_TOKEN',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what settings.xml shall hold
  'use it as ${env.MAVEN_TOKEN} in a <server> of settings.xml',
);
/** Maven's own verdict is one long line that begins so; tests' messages stand in lines of Surefire, which begin otherwise. */
const mojo = (cause: string) =>
  new RegExp(
    `^\\[(?:ERROR|FATAL)\\] (?:Failed to execute goal |Plugin |Non-resolvable |Unresolveable |The project |Error executing Maven|Java heap space|GC overhead).*?(?:${cause})`,
  );

const JAVA_TLS = tlsHint('java');

const HEAP_HINT = `Java ran out of heap: raise it with \`MAVEN_OPTS: -Xmx2g\` in the service's \`env\`. ${MEMORY_HINT}`;

const MAVEN: Tool = {
  name: 'Maven',
  rules: [
    on(mojo('PKIX path building failed|unable to find valid certification path'), 'registry_error', JAVA_TLS),
    on(
      mojo(
        '(?:authentication failed for \\S+, status: 401|authorization failed for \\S+, status: 403|status code: 40[13], reason phrase: \\w+ \\(40[13]\\)(?: ->|$))',
      ),
      'auth_error',
      MAVEN_AUTH,
    ),
    on(
      mojo('(?:java\\.lang\\.OutOfMemoryError|GC overhead limit exceeded|The system is out of resources)'),
      'resource_error',
      HEAP_HINT,
    ),
    on(/^\[ERROR\] (?:.*: )?Java heap space(?: ->|$)/, 'resource_error', HEAP_HINT),
    on(mojo('No space left on device'), 'resource_error', DISK_HINT),
    on(
      /^\[ERROR\] (?:The forked VM terminated without (?:properly )?saying (?:properly )?goodbye)/,
      'build_error',
      'The JVM of the tests crashed, often because of insufficient memory: see `argLine` of Surefire.',
    ),
    on(
      mojo(
        '(?:Connect to \\S+ .*failed|transfer failed for|Unknown host|Could not transfer (?:artifact|metadata) .*: (?:\\S+: )?(?:No such host|Name or service not known|Connection refused|Connection timed out|status code: 5\\d\\d|.*(?:Temporary failure in name resolution|certification path|peer not authenticated|Read timed out))|status code: (?:429|5\\d\\d), reason phrase)',
      ),
      'registry_error',
      REGISTRY_HINT,
    ),
    on(
      /^\[ERROR\] (?:.* )?Non-parseable POM|^\[FATAL\] Non-parseable POM|^\[ERROR\] Malformed POM/,
      'build_error',
      'pom.xml is not well-formed XML; the message shows the position.',
    ),
    on(
      /^\[ERROR\] The goal you specified requires a project to execute but there is no POM/,
      'build_error',
      "There is no pom.xml in the service's folder: check `context` in staithe.yaml.",
    ),
    on(
      /^\[ERROR\] Unknown lifecycle phase "(.+?)"/,
      'build_error',
      (found) => `Maven has no phase "${part(found, 1, '')}": correct \`commands\`.`,
    ),
    on(
      /^\[ERROR\] .*Could not find artifact (\S+)/,
      'build_error',
      (found) =>
        `No repository has ${part(found, 1, 'the artifact')}: check its name and version in pom.xml.`,
    ),
    // Where a file and its line are named; else what the build is said to have failed with.
    ...quoting(
      [
        /^\[ERROR\] (?:\S+\.\w+:\[\d+,\d+\] |\s*\S+:\d+ )/,
        // Surefire's, before and since its version 2.13.
        /^(?:Failed tests|Tests in error): +\S|^(?:\[ERROR\] )?\S+ {1,2}(?:-- )?Time elapsed: .*<<< (?:FAILURE|ERROR)!$/,
        /^\[ERROR\] Failed to execute goal /,
      ],
      on(/^\[ERROR\] COMPILATION ERROR/, 'build_error', 'javac lists the errors above.'),
      on(/^\[ERROR\] /, 'build_error', 'Maven shows the cause in its [ERROR] lines.'),
    ),
  ],
};

const GRADLE: Tool = {
  name: 'Gradle',
  rules: [
    on(/^\s*> (?:.*> )?PKIX path building failed: /, 'registry_error', JAVA_TLS),
    on(
      /^\s*> (?:.*> )?Could not (?:GET|HEAD|PUT) '.*'\. Received status code 40[13] /,
      'auth_error',
      MAVEN_AUTH,
    ),
    on(/^\s*> (?:Java heap space|GC overhead limit exceeded)$/, 'resource_error', MEMORY_HINT),
    on(/^\s*> (?:.*> )?(?:No space left on device)$/, 'resource_error', DISK_HINT),
    on(/^\s*> (?:.*> )?Could not (?:GET|HEAD|PUT) '/, 'registry_error', REGISTRY_HINT),
    on(
      /^FAILURE: Build failed with an exception\.$|^BUILD FAILED in /,
      'build_error',
      'Gradle shows the cause below "What went wrong".',
    ),
  ],
};

const JAVA_ITSELF: Tool = {
  name: 'Java',
  rules: [
    on(
      /^(?:Exception in thread ".*" |Caused by: )?java\.lang\.OutOfMemoryError(?:: |$)/,
      'resource_error',
      `Raise Java's heap with -Xmx. ${MEMORY_HINT}`,
    ),
    on(
      /^(?:OpenJDK|Java HotSpot).*warning: INFO: os::commit_memory\(.*\) failed; error='Not enough space'/,
      'resource_error',
      MEMORY_HINT,
    ),
    on(
      /^(?:Error occurred during initialization of VM|There is insufficient memory for the Java Runtime Environment|Could not reserve enough space)/,
      'resource_error',
      MEMORY_HINT,
    ),
    on(
      /^(?:Exception in thread ".*" |Caused by: )?java\.io\.IOException: No space left on device$/,
      'resource_error',
      DISK_HINT,
    ),
    on(
      /^Error: (?:Unable to access jarfile|Could not find or load main class) (.+)$/,
      'build_error',
      (found) =>
        `Java did not find ${part(found, 1, 'the program')}: check the path, and that an earlier command created it.`,
    ),
    on(
      /^(?:Exception in thread ".*" |Caused by: )?(?:javax\.net\.ssl\.SSLHandshakeException|sun\.security\.validator\.ValidatorException): PKIX path /,
      'build_error',
      JAVA_TLS,
    ),
    on(/^\S+\.java:\d+: error: /, 'build_error', 'javac names the line.'),
    on(/^\d+ errors?$/, 'build_error', 'The compiler lists the errors above.'),
    on(/^Exception in thread "/, 'build_error', 'The program failed; the stack trace above shows the line.'),
  ],
};

const REBAR: Tool = {
  name: 'rebar3',
  rules: [
    on(/^===> .*(?:No space left on device|enospc)/, 'resource_error', DISK_HINT),
    // Erlang's ssl, in the report of an alert.
    on(
      /^TLS client: .* (?:Bad Certificate|Unknown CA|Certificate Unknown|Handshake Failure)\b/,
      'registry_error',
      tlsHint('rebar3'),
    ),
    on(
      /^===> Failed to update package .* from repo |^===> Failed to fetch (?:package|registry)|^===> (?:Request failed|Rebar couldn't fetch)/,
      'registry_error',
      REGISTRY_HINT,
    ),
    on(
      /^===> Failed to fetch and copy dep: \{(?:git|hg)/,
      'clone_error',
      'A git dependency could not be fetched: check its address, tag and branch in rebar.config.',
    ),
    on(
      /^===> (?:Failed to fetch and copy dep|Package not found in any repo)/,
      'registry_error',
      REGISTRY_HINT,
    ),
    on(
      /^===> (?:Compiling .* failed|Unable to run |Error reading file|Command \S+ not found|Application needed for release not found|Release .* failed)/,
      'build_error',
      'rebar3 shows the cause above.',
    ),
  ],
};

const ERLANG: Tool = {
  name: 'Erlang',
  rules: [
    on(/^\w+_alloc: Cannot (?:re)?allocate \d+ bytes of memory/, 'resource_error', MEMORY_HINT),
    on(/^(?:Slogan: )?(?:eheap|binary|ets|temp)_alloc: Cannot /, 'resource_error', MEMORY_HINT),
    on(
      /^(\S+\.(?:erl|yrl|xrl)): no such file or directory$/,
      'build_error',
      (found) =>
        `${part(found, 1, 'A file')} was not found: check the path, and \`context\` in staithe.yaml.`,
    ),
    on(
      /^\S+\.(?:erl|hrl|yrl|xrl|ex|exs):\d+(?::\d+)?: (?!Warning: )/,
      'build_error',
      'The compiler shows the line.',
    ),
    on(
      /^\*\* \((?:CompileError|Mix|SyntaxError|TokenMissingError)\) /,
      'build_error',
      'Mix shows the cause above.',
    ),
  ],
};

export const JVM_AND_BEAM: readonly Tool[] = [MAVEN, GRADLE, JAVA_ITSELF, REBAR, ERLANG];
