/** javac and Maven, which warn until the end. */
import type { Case } from '../../case.ts';
import { goingOn, late } from './case.ts';

const RAW = 'import java.util.*;\n';
const OLD = `${RAW}class Old { List all = new ArrayList(); void add() { all.add(1); new Integer(3); } }\n`;
const pom = (name: string, more = '', packaging = 'jar') =>
  `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>com.example</groupId><artifactId>${name}</artifactId><version>1.0.0</version><packaging>${packaging}</packaging><properties><maven.compiler.source>17</maven.compiler.source><maven.compiler.target>17</maven.compiler.target></properties>${more}</project>\n`;
const MVN = 'mvn -B -ntp';
/** Without an encoding: `[WARNING] Using platform encoding`. */
const TWO_MODULES = {
  'pom.xml': pom('all', '<modules><module>a</module><module>b</module></modules>', 'pom'),
  'a/pom.xml': pom('a'),
  'b/pom.xml': pom('b'),
  'b/src/main/java/Old.java': OLD.replace('class', 'public class'),
};

export const JVM_LATE: readonly Case[] = [
  late('javac-warnings-after-error', 'App.java:2: error: incompatible types', {
    files: { 'App.java': `${RAW}class App { int n = "one"; }\n`, 'Old.java': OLD },
    command: 'javac -Xlint:all App.java Old.java',
  }),
  late('javac-notes-after-error', 'App.java:1: error: cannot find symbol', {
    files: { 'App.java': 'class App { void run() { missing(); Thread.currentThread().stop(); } }\n' },
    command: 'javac App.java',
  }),
  late('javac-syntax-error-then-warnings', "App.java:1: error: ';' expected", {
    files: { 'App.java': 'class App { int n = 1 }\n', 'Old.java': OLD },
    command: goingOn('javac App.java', 'javac -Xlint:all Old.java'),
  }),
  late('javac-package-missing-then-notes', 'App.java:1: error: package org.acme.tokens does not exist', {
    files: { 'App.java': 'import org.acme.tokens.Token;\nclass App { Token t; }\n', 'Old.java': OLD },
    command: goingOn('javac App.java', 'javac Old.java'),
  }),
  late('javac-return-missing-then-warnings', 'App.java:1: error: missing return statement', {
    files: { 'App.java': 'class App { int n() { } }\n', 'Old.java': OLD },
    command: 'javac -Xlint:unchecked,deprecation App.java Old.java',
  }),
  late('javac-unreported-exception-then-warnings', 'error: unreported exception IOException', {
    files: {
      'App.java': 'class App { void run() { throw new java.io.IOException("x"); } }\n',
      'Old.java': OLD,
    },
    command: 'javac -Xlint:all Old.java App.java',
  }),
  late('javac-werror', 'error: warnings found and -Werror specified', {
    files: { 'Old.java': OLD },
    command: goingOn('javac -Werror -Xlint:rawtypes Old.java', 'echo "warning: no incremental cache"'),
  }),
  late('java-uncaught-then-warning', 'java.lang.IllegalStateException: no configuration', {
    files: {
      'App.java':
        'class App { public static void main(String[] a) { throw new IllegalStateException("no configuration"); } }\n',
      'Old.java': OLD,
    },
    command: goingOn('java App.java', 'javac Old.java'),
  }),
  late('maven-warnings-of-next-module', 'a/src/main/java/App.java:[1,32]', {
    files: { ...TWO_MODULES, 'a/src/main/java/App.java': 'public class App { int total = "seven"; }\n' },
    command: `${MVN} compile -fae`,
  }),
  late('maven-dependency-missing-then-warnings', 'Could not find artifact com.example.nosuch:nothing', {
    files: {
      'pom.xml': pom(
        'api',
        '<dependencies><dependency><groupId>com.example.nosuch</groupId><artifactId>nothing</artifactId><version>1.0.0</version></dependency></dependencies>',
      ),
      'Old.java': OLD,
    },
    command: goingOn(`${MVN} compile`, 'javac -Xlint:all Old.java'),
  }),
  late('maven-help-link-then-warnings', 'Unknown lifecycle phase "packge"', {
    files: { 'pom.xml': pom('api') },
    command: goingOn(`${MVN} packge`, `${MVN} -q validate; echo "[WARNING] The report was not written"`),
  }),
  late('maven-test-fails-then-warnings', 'addsUp(CartTest)', {
    files: {
      'pom.xml': pom(
        'api',
        '<dependencies><dependency><groupId>junit</groupId><artifactId>junit</artifactId><version>4.13.2</version><scope>test</scope></dependency></dependencies>',
      ),
      'src/test/java/CartTest.java':
        'import static org.junit.Assert.*;\nimport org.junit.Test;\npublic class CartTest {\n  @Test public void addsUp() { assertEquals(5, 2 + 2); }\n}\n',
      'Old.java': OLD,
    },
    command: goingOn(`${MVN} test`, 'javac -Xlint:all Old.java'),
  }),
];
