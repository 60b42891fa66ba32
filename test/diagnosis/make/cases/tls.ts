/** A proxy that looks into TLS, or a private authority: each tool refuses the certificate in words of its own. */
import { type Case, packageJson } from '../case.ts';

const VENV = 'python3 -m venv .venv';
const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>com.example</groupId><artifactId>api</artifactId><version>1.0.0</version>
  <repositories><repository><id>acme</id><url>https://@INTERCEPTED@/maven</url></repository></repositories>
  <dependencies><dependency><groupId>com.acme</groupId><artifactId>tokens</artifactId><version>2.1.0</version></dependency></dependencies></project>
`;
const NPM = {
  'package.json': packageJson({ dependencies: { 'is-number': '7.0.0' } }),
  '.npmrc': 'registry=https://@INTERCEPTED@/\nfetch-retries=0\n',
};
const CARGO = '[package]\nname = "api"\nversion = "0.1.0"\nedition = "2021"\n\n[dependencies]\n';

export const TLS: readonly Case[] = [
  { name: 'npm-tls-intercepted', label: 'registry_error', files: NPM, command: 'npm install' },
  {
    name: 'pnpm-tls-intercepted',
    label: 'registry_error',
    files: NPM,
    command: 'pnpm install --no-frozen-lockfile',
  },
  {
    name: 'yarn-tls-intercepted',
    label: 'registry_error',
    files: { ...NPM, '.yarnrc': 'registry "https://@INTERCEPTED@/"\n' },
    command: 'yarn install --non-interactive',
  },
  {
    name: 'node-tls-intercepted',
    label: 'build_error',
    files: {
      'build.mjs':
        "const answer = await fetch('https://@INTERCEPTED@/schema.json');\nconsole.log(await answer.json());\n",
    },
    command: 'node build.mjs',
  },
  {
    name: 'pip-tls-intercepted',
    label: 'registry_error',
    setup: VENV,
    command: '.venv/bin/pip install --no-input --retries 1 --index-url https://@INTERCEPTED@/simple six',
  },
  {
    name: 'uv-tls-intercepted',
    label: 'registry_error',
    files: {
      'pyproject.toml':
        '[project]\nname = "api"\nversion = "1.0.0"\nrequires-python = ">=3.9"\ndependencies = ["six"]\n',
    },
    env: { UV_HTTP_RETRIES: '0' },
    command: 'uv lock --default-index https://@INTERCEPTED@/simple',
  },
  {
    name: 'poetry-tls-intercepted',
    label: 'registry_error',
    files: {
      'pyproject.toml':
        '[project]\nname = "api"\nversion = "1.0.0"\nrequires-python = ">=3.9"\ndependencies = ["six"]\n\n[tool.poetry]\npackage-mode = false\n\n[[tool.poetry.source]]\nname = "acme"\nurl = "https://@INTERCEPTED@/simple"\npriority = "primary"\n',
    },
    command: 'poetry lock --no-interaction',
  },
  {
    name: 'python-tls-intercepted',
    label: 'build_error',
    files: {
      'fetch.py': "from urllib.request import urlopen\nurlopen('https://@INTERCEPTED@/schema.json')\n",
    },
    command: 'python3 fetch.py',
  },
  {
    name: 'git-clone-tls-intercepted',
    label: 'clone_error',
    phase: 'clone',
    command: 'git clone https://@INTERCEPTED@/acme/ui.git',
  },
  {
    name: 'git-submodule-tls-intercepted',
    label: 'clone_error',
    setup:
      'git init -q . && printf \'[submodule "ui"]\\n\\tpath = ui\\n\\turl = https://@INTERCEPTED@/acme/ui.git\\n\' > .gitmodules && git add .gitmodules && git update-index --add --cacheinfo 160000,3f786850e387550fdab836ed7e6dc881de23001b,ui && git -c user.name=a -c user.email=a@example.com commit -qm one && git submodule init -q',
    command: 'git submodule update --init',
  },
  {
    name: 'cargo-tls-intercepted',
    label: 'registry_error',
    files: {
      'Cargo.toml': `${CARGO}tokens = { version = "1", registry = "acme" }\n`,
      'src/main.rs': 'fn main() {}\n',
      '.cargo/config.toml':
        '[registries.acme]\nindex = "sparse+https://@INTERCEPTED@/index/"\n\n[net]\nretry = 0\n',
    },
    command: 'cargo build',
  },
  {
    name: 'cargo-git-tls-intercepted',
    label: 'clone_error',
    files: {
      'Cargo.toml': `${CARGO}ui = { git = "https://@INTERCEPTED@/acme/ui.git" }\n`,
      'src/main.rs': 'fn main() {}\n',
    },
    env: { CARGO_NET_RETRY: '0' },
    command: 'cargo build',
  },
  {
    name: 'go-tls-intercepted',
    label: 'registry_error',
    files: { 'go.mod': 'module example.com/api\n\ngo 1.21\n', 'main.go': 'package main\n\nfunc main() {}\n' },
    env: { GOPROXY: 'https://@INTERCEPTED@', GOMODCACHE: '/build-home/mod', GOSUMDB: 'off' },
    command: 'go get github.com/google/uuid@v1.6.0',
  },
  {
    name: 'go-download-tls-intercepted',
    label: 'registry_error',
    files: {
      'go.mod': 'module example.com/api\n\ngo 1.21\n\nrequire github.com/google/uuid v1.6.0\n',
      'main.go': 'package main\n\nimport _ "github.com/google/uuid"\n\nfunc main() {}\n',
      'go.sum':
        'github.com/google/uuid v1.6.0 h1:NIvaJDMOsjHA8n1jAhLSgzrAzy1Hgr+hNrb57e+94F0=\ngithub.com/google/uuid v1.6.0/go.mod h1:TIyPZe4MgqvfeYDBFedMoGGpEw/LqOeaOT+nhxU+yHo=\n',
    },
    env: { GOPROXY: 'https://@INTERCEPTED@', GOMODCACHE: '/build-home/mod', GOSUMDB: 'off' },
    command: 'go build ./...',
  },
  {
    name: 'curl-tls-intercepted',
    label: 'build_error',
    command: 'curl -fsSL https://@INTERCEPTED@/tool.tar.gz -o tool.tar.gz',
  },
  {
    name: 'wget-tls-intercepted',
    label: 'build_error',
    command:
      'wget -q --show-progress https://@INTERCEPTED@/tool.tar.gz || wget https://@INTERCEPTED@/tool.tar.gz',
  },
  {
    name: 'maven-tls-intercepted',
    label: 'registry_error',
    files: { 'pom.xml': POM },
    command: 'mvn -B -ntp compile',
  },
  {
    name: 'java-tls-intercepted',
    label: 'build_error',
    files: {
      'Fetch.java':
        'import java.net.URL;\nclass Fetch { public static void main(String[] a) throws Exception { new URL("https://@INTERCEPTED@/schema.json").openStream().readAllBytes(); } }\n',
    },
    command: 'java Fetch.java',
  },
  {
    name: 'rebar3-tls-intercepted',
    label: 'registry_error',
    files: {
      'rebar.config': '{erl_opts, [debug_info]}.\n{deps, [{jsx, "3.1.0"}]}.\n',
      'src/api.app.src': '{application, api, [{vsn, "0.1.0"}]}.\n',
    },
    env: { HEX_CDN: 'https://@INTERCEPTED@' },
    command: 'rebar3 compile',
  },
  {
    name: 'buildah-base-tls-intercepted',
    label: 'registry_error',
    phase: 'image',
    stage: '[1/2] FROM proxy.example.com/acme/node:24',
    files: { Dockerfile: 'FROM @INTERCEPTED@/acme/node:24\nRUN make\n' },
    command: 'buildah bud -t localhost/api .',
  },
  {
    name: 'push-tls-intercepted',
    label: 'registry_error',
    phase: 'push',
    setup: 'buildah bud --pull-never -q -t localhost/api .',
    files: { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' },
    command: 'buildah push localhost/api docker://@INTERCEPTED@/acme/api:1.4.0',
  },
];
