/** Maven and Java; rebar3 and Erlang. */
import type { Case } from '../case.ts';

const pom = (more = '') => `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>com.example</groupId>
  <artifactId>api</artifactId>
  <version>1.0.0</version>
  <properties>
    <maven.compiler.source>17</maven.compiler.source>
    <maven.compiler.target>17</maven.compiler.target>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
  </properties>
${more}
</project>
`;
const dependency = (group: string, artifact: string, version: string, scope = 'compile') =>
  `  <dependencies><dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version><scope>${scope}</scope></dependency></dependencies>`;
const repository = (url: string) =>
  `  <repositories><repository><id>acme</id><url>${url}</url></repository></repositories>`;
const MVN = 'mvn -B -ntp';
/** Maven 3.8 blocks plain http; the servers of these cases speak nothing else. */
const SETTINGS =
  '<settings><mirrors><mirror><id>maven-default-http-blocker</id><mirrorOf>!*</mirrorOf><url>http://0.0.0.0/</url></mirror></mirrors></settings>';
const OWN = (url: string) => ({
  'pom.xml': pom(`${repository(url)}\n${dependency('com.acme', 'tokens', '2.1.0')}`),
  'settings.xml': SETTINGS,
});
const PLUGINS = 'org.apache.maven.plugins';
const DEPLOY = (url: string) => ({
  'pom.xml': pom(
    `  <distributionManagement><repository><id>acme</id><url>${url}</url></repository></distributionManagement>`,
  ),
  'settings.xml': SETTINGS,
  'api.jar': 'jar',
});
const DEPLOY_FILE = (url: string) =>
  `${MVN} -s settings.xml ${PLUGINS}:maven-deploy-plugin:3.1.1:deploy-file -Dfile=api.jar -DpomFile=pom.xml -DrepositoryId=acme -Durl=${url}`;

const JAVA: readonly Case[] = [
  {
    name: 'maven-compile-error',
    label: 'build_error',
    files: {
      'pom.xml': pom(),
      'src/main/java/App.java':
        'public class App {\n  int total() { return "seven"; }\n  void pay() { Bank.pay(); }\n}\n',
    },
    command: `${MVN} compile`,
  },
  {
    name: 'maven-test-fails',
    label: 'build_error',
    files: {
      'pom.xml': pom(dependency('junit', 'junit', '4.13.2', 'test')),
      'src/test/java/CartTest.java':
        'import static org.junit.Assert.*;\nimport org.junit.Test;\npublic class CartTest {\n  @Test public void addsUp() { assertEquals(5, 2 + 2); }\n}\n',
    },
    command: `${MVN} test`,
  },
  {
    name: 'maven-test-adversarial',
    label: 'build_error',
    adversarial: true,
    files: {
      'pom.xml': pom(dependency('junit', 'junit', '4.13.2', 'test')),
      'src/test/java/GatewayTest.java':
        'import static org.junit.Assert.*;\nimport org.junit.Test;\npublic class GatewayTest {\n  @Test public void authenticationFailedIs401() { assertEquals("status code: 401, reason phrase: Unauthorized (401)", "status code: 403"); }\n  @Test public void fullDisk() { throw new IllegalStateException("No space left on device"); }\n}\n',
    },
    command: `${MVN} test`,
  },
  { name: 'maven-no-pom', label: 'build_error', command: `${MVN} package` },
  {
    name: 'maven-pom-broken',
    label: 'build_error',
    files: { 'pom.xml': pom().replace('</project>', '') },
    command: `${MVN} package`,
  },
  {
    name: 'maven-dependency-missing',
    label: 'build_error',
    files: { 'pom.xml': pom(dependency('com.example.nosuch', 'nothing', '1.0.0')) },
    command: `${MVN} compile`,
  },
  {
    name: 'maven-repository-unauthorized',
    label: 'auth_error',
    files: OWN('http://@UNAUTHORIZED@/maven'),
    command: `${MVN} -s settings.xml compile`,
  },
  {
    name: 'maven-repository-forbidden',
    label: 'auth_error',
    files: OWN('http://@FORBIDDEN@/maven'),
    command: `${MVN} -s settings.xml compile`,
  },
  {
    name: 'maven-repository-refuses',
    label: 'registry_error',
    files: OWN('http://@CLOSED@/maven'),
    command: `${MVN} -s settings.xml compile`,
  },
  {
    name: 'maven-repository-unavailable',
    label: 'registry_error',
    files: OWN('http://@BROKEN@/maven'),
    command: `${MVN} -s settings.xml compile`,
  },
  {
    name: 'maven-repository-unknown-host',
    label: 'registry_error',
    files: {
      'pom.xml': pom(
        `${repository('https://maven.acme.invalid/releases')}\n${dependency('com.acme', 'tokens', '2.1.0')}`,
      ),
    },
    command: `${MVN} compile`,
  },
  {
    name: 'maven-deploy-unauthorized',
    label: 'auth_error',
    files: DEPLOY('http://@UNAUTHORIZED@/maven'),
    command: DEPLOY_FILE('http://@UNAUTHORIZED@/maven'),
  },
  {
    name: 'maven-deploy-unavailable',
    label: 'registry_error',
    files: DEPLOY('http://@BROKEN@/maven'),
    command: DEPLOY_FILE('http://@BROKEN@/maven'),
  },
  { name: 'maven-goal-unknown', label: 'build_error', files: { 'pom.xml': pom() }, command: `${MVN} packge` },
  {
    name: 'maven-heap',
    label: 'resource_error',
    files: { 'pom.xml': pom(), 'src/main/java/App.java': 'public class App {}\n' },
    env: { MAVEN_OPTS: '-Xmx9m -Dmaven.repo.local=/opt-tools/m2' },
    command: `${MVN} compile`,
  },
  {
    name: 'javac-error',
    label: 'build_error',
    files: { 'App.java': 'class App { void run() { timeout(401); } }\n' },
    command: 'javac App.java',
  },
  {
    name: 'java-heap',
    label: 'resource_error',
    files: {
      'App.java':
        'import java.util.*;\nclass App { public static void main(String[] a) { List<byte[]> all = new ArrayList<>(); for (;;) all.add(new byte[1 << 20]); } }\n',
    },
    command: 'javac App.java; java -Xmx24m App',
  },
  {
    name: 'java-killed-by-kernel',
    label: 'resource_error',
    memoryMb: 70,
    files: {
      'App.java':
        'import java.util.*;\nclass App { public static void main(String[] a) { List<byte[]> all = new ArrayList<>(); for (;;) { byte[] b = new byte[1 << 20]; Arrays.fill(b, (byte) 1); all.add(b); } } }\n',
    },
    setup: 'javac App.java',
    command: 'java -Xmx2g App',
  },
  {
    name: 'java-no-memory-for-heap',
    label: 'resource_error',
    files: { 'App.java': 'class App { public static void main(String[] a) {} }\n' },
    command: 'ulimit -v 1000000; java -Xms4g -Xmx4g App.java',
  },
  { name: 'java-class-missing', label: 'build_error', command: 'java -jar target/api.jar' },
  {
    name: 'java-uncaught',
    label: 'build_error',
    adversarial: true,
    files: {
      'Check.java':
        'class Check { public static void main(String[] a) { throw new IllegalStateException("expected 200, got 401 Unauthorized (timeout)"); } }\n',
    },
    command: 'java Check.java',
  },
];

const REBAR = (more = '') => `{erl_opts, [debug_info]}.\n${more}`;
const APP = '{application, api, [{description, "api"}, {vsn, "0.1.0"}, {applications, [kernel, stdlib]}]}.\n';

const BEAM: readonly Case[] = [
  {
    name: 'rebar3-compile-error',
    label: 'build_error',
    files: {
      'rebar.config': REBAR(),
      'src/api.app.src': APP,
      'src/api.erl': '-module(api).\n-export([run/0]).\nrun() -> total(Price).\n',
    },
    command: 'rebar3 compile',
  },
  {
    name: 'rebar3-eunit-fails',
    label: 'build_error',
    files: {
      'rebar.config': REBAR(),
      'src/api.app.src': APP,
      'src/api.erl': '-module(api).\n-export([sum/2]).\nsum(A, B) -> A + B.\n',
      'test/api_tests.erl':
        '-module(api_tests).\n-include_lib("eunit/include/eunit.hrl").\nsum_test() -> ?assertEqual(5, api:sum(2, 2)).\n',
    },
    command: 'rebar3 eunit',
  },
  {
    name: 'rebar3-hex-unreachable',
    label: 'registry_error',
    files: { 'rebar.config': REBAR('{deps, [{jsx, "3.1.0"}]}.\n'), 'src/api.app.src': APP },
    command: 'rebar3 compile',
  },
  {
    name: 'rebar3-git-missing',
    label: 'clone_error',
    files: {
      'rebar.config': REBAR('{deps, [{ui, {git, "http://@MISSING@/acme/ui.git", {tag, "1.0.0"}}}]}.\n'),
      'src/api.app.src': APP,
    },
    command: 'rebar3 compile',
  },
  {
    name: 'rebar3-git-tag-missing',
    label: 'clone_error',
    files: {
      'rebar.config': REBAR('{deps, [{ui, {git, "file:///build-home/ui.git", {tag, "9.0.0"}}}]}.\n'),
      'src/api.app.src': APP,
    },
    setup:
      'git init -q --bare /build-home/ui.git && git init -q seed && cd seed && git -c user.name=a -c user.email=a@example.com commit -q --allow-empty -m one && git push -q /build-home/ui.git HEAD:main',
    command: 'rebar3 compile',
  },
  {
    name: 'rebar3-config-broken',
    label: 'build_error',
    files: { 'rebar.config': '{erl_opts, [debug_info]\n', 'src/api.app.src': APP },
    command: 'rebar3 compile',
  },
  {
    name: 'rebar3-task-unknown',
    label: 'build_error',
    files: { 'rebar.config': REBAR(), 'src/api.app.src': APP },
    command: 'rebar3 packge',
  },
  {
    name: 'rebar3-no-app',
    label: 'build_error',
    files: {
      'rebar.config': REBAR('{relx, [{release, {api, "0.1.0"}, [api, nosuchapp]}]}.\n'),
      'src/api.app.src': APP,
      'src/api.erl': '-module(api).\n',
    },
    command: 'rebar3 release',
  },
  {
    name: 'erl-out-of-memory',
    label: 'resource_error',
    files: {
      'grow.escript':
        '#!/usr/bin/env escript\nmain(_) -> grow([]).\ngrow(All) -> grow([lists:seq(1, 1000000) | All]).\n',
    },
    command: 'ulimit -v 2500000; ERL_FLAGS="+Mea min +MMscs 64" escript grow.escript',
  },
  {
    name: 'erlc-error',
    label: 'build_error',
    files: { 'api.erl': '-module(api).\n-export([run/0]).\nrun() -> ok\n' },
    command: 'erlc api.erl',
  },
];

export const JVM_AND_BEAM: readonly Case[] = [...JAVA, ...BEAM];
